// Writes what one version of TorchSharp has and an older one lacks: the kept list of MLNet.Dispersion.House.Tests.
//
//     dotnet run --project tests/TorchSharpMembers -- OLDER/TorchSharp.dll NEWER/TorchSharp.dll
//
// Only the managed TorchSharp.dll is read and nothing of it runs, so an older version may be compiled from its public source
// (src/TorchSharp at the version's tag, without TorchVision) where its package cannot be had.
using Mono.Cecil;
using MLNet.Dispersion.TorchSharpMembers;

if (args.Length != 2)
{
    Console.Error.WriteLine("Two files are needed: the TorchSharp.dll of the older version and that of the newer one.");
    return 2;
}

using var older = AssemblyDefinition.ReadAssembly(args[0]);
using var newer = AssemblyDefinition.ReadAssembly(args[1]);
Console.Write(NewerMembers.Between(older, newer).ToText());
return 0;
