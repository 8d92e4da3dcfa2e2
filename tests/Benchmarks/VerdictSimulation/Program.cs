using System.CommandLine;
using MLNet.Dispersion.Benchmarks.VerdictSimulation;

var root = new RootCommand("Holds the statistics of MLNet.Dispersion.Statistics against worlds whose truth is known.") { CoverageCommand.Make(), NullCommand.Make(), VerbCommand.Make() };
return await root.Parse(args).InvokeAsync();
