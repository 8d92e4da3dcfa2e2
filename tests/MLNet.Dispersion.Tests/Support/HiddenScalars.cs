using Mono.Cecil;
using TorchSharp;

namespace MLNet.Dispersion.Tests.Support;

/// <summary>Finds calls that let TorchSharp make a native Scalar, by reading the compiled code of both sides.</summary>
internal static class HiddenScalars
{
    private static readonly Lazy<HashSet<string>> MakingScalars = new(FindMakingScalars);

    /// <summary>TorchSharp's methods in which, directly or through others of its own, a Scalar is made.</summary>
    public static IReadOnlySet<string> MethodsOfTorchSharp => MakingScalars.Value;

    /// <summary>The calls in an assembly, as "type.method calls method"; <paramref name="allowedType"/> is left out.</summary>
    public static IReadOnlyList<string> In(string assemblyPath, string? allowedType = null)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(assemblyPath);
        return [.. Methods(assembly)
            .Where(method => method.DeclaringType.FullName != allowedType)
            .SelectMany(method => Calls(method).Where(MakingScalars.Value.Contains).Select(call => $"{method.DeclaringType.FullName}.{method.Name} calls {call}"))];
    }

    private static HashSet<string> FindMakingScalars()
    {
        using var torch = AssemblyDefinition.ReadAssembly(typeof(torch).Assembly.Location);
        ILookup<string, string> callers = Methods(torch)
            .SelectMany(method => Calls(method).Select(call => (Call: call, Caller: method.FullName)))
            .ToLookup(pair => pair.Call, pair => pair.Caller);
        string[] constructors = [.. torch.MainModule.GetType(typeof(Scalar).FullName).Methods.Where(method => method is { IsConstructor: true, IsStatic: false }).Select(method => method.FullName)];
        var found = new HashSet<string>(constructors, StringComparer.Ordinal);
        var open = new Queue<string>(constructors);
        while (open.TryDequeue(out string? callee))
        {
            foreach (string caller in callers[callee].Where(found.Add))
            {
                open.Enqueue(caller);
            }
        }

        return found;
    }

    private static IEnumerable<MethodDefinition> Methods(AssemblyDefinition assembly) =>
        assembly.MainModule.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody);

    private static IEnumerable<string> Calls(MethodDefinition method) =>
        method.Body.Instructions.Select(instruction => instruction.Operand).OfType<MethodReference>().Select(call => call.GetElementMethod().FullName);
}
