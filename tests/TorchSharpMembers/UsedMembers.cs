using Mono.Cecil;

namespace MLNet.Dispersion.TorchSharpMembers;

/// <summary>What a compiled assembly uses of TorchSharp.</summary>
internal static class UsedMembers
{
    private const string Library = "TorchSharp";

    /// <summary>The lines, as <see cref="PublicMembers"/> writes them, of all that an assembly names, and of what its methods override or implement.</summary>
    /// <remarks>The assembly must have been read with a resolver that finds TorchSharp; what is named but not found there is listed with the words "not found".</remarks>
    internal static IReadOnlySet<string> Of(AssemblyDefinition assembly)
    {
        ModuleDefinition module = assembly.MainModule;
        IEnumerable<string> types = module.GetTypeReferences().Where(IsOfLibrary).Select(LineOf);
        IEnumerable<string> members = module.GetMemberReferences().Where(IsOfLibrary).Select(LineOf);
        IEnumerable<string> overridden = module.GetTypes().SelectMany(type => type.Methods).SelectMany(Overridden);
        return types.Concat(members).Concat(overridden).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The methods of an assembly in whose code a line of <see cref="Of"/> is named.</summary>
    internal static IEnumerable<string> UsersOf(AssemblyDefinition assembly, string line) => assembly.MainModule.GetTypes()
        .SelectMany(type => type.Methods)
        .Where(method => method.HasBody && method.Body.Instructions.Any(instruction => instruction.Operand is MemberReference used && IsOfLibrary(used) && LineOf(used) == line))
        .Select(method => $"{method.DeclaringType.FullName}.{method.Name}");

    private static bool IsOfLibrary(MemberReference member)
    {
        TypeReference type = member as TypeReference ?? member.DeclaringType;
        return type is not null and not ArrayType && AssemblyOf(type) == Library;
    }

    private static string? AssemblyOf(TypeReference type) => type.GetElementType().Scope switch
    {
        AssemblyNameReference name => name.Name,
        ModuleDefinition module => module.Assembly.Name.Name,
        _ => null,
    };

    private static string LineOf(MemberReference member)
    {
        IMemberDefinition? definition = member switch
        {
            TypeReference type => type.Resolve(),
            MethodReference method => method.Resolve(),
            FieldReference field => field.Resolve(),
            _ => null,
        };
        return definition is null ? $"{member.FullName} (not found)" : PublicMembers.Line(definition);
    }

    /// <summary>Methods of TorchSharp with a method's name and number of parameters, in the types that the method's own type derives from.</summary>
    private static IEnumerable<string> Overridden(MethodDefinition method) => !method.IsVirtual
        ? []
        : Bases(method.DeclaringType)
            .SelectMany(type => type.Methods)
            .Where(candidate => candidate.IsVirtual && candidate.Name == method.Name && candidate.Parameters.Count == method.Parameters.Count)
            .Select(PublicMembers.Line);

    private static IEnumerable<TypeDefinition> Bases(TypeDefinition type)
    {
        string own = AssemblyOf(type)!;
        var open = new Stack<TypeReference>(Parents(type));
        while (open.TryPop(out TypeReference? next))
        {
            string? assembly = AssemblyOf(next);
            if (assembly != Library && assembly != own)
            {
                continue;
            }

            TypeDefinition definition = next.Resolve();
            foreach (TypeReference further in Parents(definition))
            {
                open.Push(further);
            }

            if (assembly == Library)
            {
                yield return definition;
            }
        }
    }

    private static IEnumerable<TypeReference> Parents(TypeDefinition type) =>
        type.Interfaces.Select(implemented => implemented.InterfaceType).Append(type.BaseType).OfType<TypeReference>();
}
