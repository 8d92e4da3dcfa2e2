using FreshProcessLoad;
using Microsoft.ML;

// Loads the model zip named first and runs it on the lines of the file named second, as a program would that knows nothing but ML.NET. The first line tells that our assembly was not there before.
// A third argument says what the model does (see Scoring); further models may follow, each by its three arguments.
var ml = new MLContext();
Console.WriteLine("loaded before: " + AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name!.StartsWith("MLNet.", StringComparison.Ordinal)));
foreach (string[] given in args.Chunk(3))
{
    ITransformer model = ml.Model.Load(given[0], out _);
    foreach (string line in Scoring.Lines(ml, model, File.ReadLines(given[1]), given.Length > 2 ? given[2] : "classes"))
    {
        Console.WriteLine(line);
    }

    (model as IDisposable)?.Dispose();
}
