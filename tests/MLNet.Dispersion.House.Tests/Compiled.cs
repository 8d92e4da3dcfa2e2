using Mono.Cecil;

namespace MLNet.Dispersion.House.Tests;

/// <summary>The types of the shipped assemblies as they were compiled: where each is written, and which others it uses.</summary>
internal sealed class Compiled
{
    private const string AssemblyPrefix = "MLNet.Dispersion";

    private static readonly Lazy<Compiled> Read = new(() => new Compiled(Directory.GetFiles(AppContext.BaseDirectory, $"{AssemblyPrefix}*.dll").Where(file => !Path.GetFileName(file).Contains(".Tests", StringComparison.Ordinal))));
    private readonly Dictionary<string, string> _rooms = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);

    private Compiled(IEnumerable<string> files)
    {
        Assemblies = [.. files.Order(StringComparer.Ordinal).Select(file => AssemblyDefinition.ReadAssembly(file))];
        foreach (AssemblyDefinition assembly in Assemblies)
        {
            FindRooms(assembly);
        }

        Uses = [.. Assemblies.SelectMany(assembly => assembly.MainModule.Types).Where(type => _rooms.ContainsKey(type.FullName)).SelectMany(UsesOf)];
    }

    /// <summary>What was compiled, read once.</summary>
    internal static Compiled Products => Read.Value;

    /// <summary>The assemblies.</summary>
    internal IReadOnlyList<AssemblyDefinition> Assemblies { get; }

    /// <summary>Types, by full name, with their rooms.</summary>
    internal IReadOnlyDictionary<string, string> RoomOf => _rooms;

    /// <summary>Types, by full name, with the files that they are written in.</summary>
    internal IReadOnlyDictionary<string, string> FileOf => _files;

    /// <summary>Which type uses which other one of ours.</summary>
    internal IReadOnlyList<Use> Uses { get; }

    /// <summary>The room of a source file: its folder below src without the common beginning.</summary>
    internal static string RoomOfFile(string path)
    {
        string folder = path[..path.LastIndexOf('/')];
        string place = folder[(folder.LastIndexOf("/src/", StringComparison.Ordinal) + "/src/".Length)..];
        string rest = place[AssemblyPrefix.Length..];
        return rest.StartsWith('.') ? rest[1..] : "Face" + rest;
    }

    private static IEnumerable<TypeDefinition> WithNested(TypeDefinition type) => type.NestedTypes.SelectMany(WithNested).Prepend(type);

    private void FindRooms(AssemblyDefinition assembly)
    {
        using var symbols = new Symbols(assembly.MainModule.FileName);
        foreach (TypeDefinition type in assembly.MainModule.Types)
        {
            var methods = WithNested(type).SelectMany(part => part.Methods).Select(method => method.MetadataToken.RID);
            if (symbols.FilesOf(type.MetadataToken.RID, methods).FirstOrDefault(IsWritten) is { } file)
            {
                _files[type.FullName] = file;
                _rooms[type.FullName] = RoomOfFile(file);
            }
        }
    }

    // What the compiler and its generators write has no place in the house.
    private static bool IsWritten(string file) => file.Contains("/src/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal);

    private IEnumerable<Use> UsesOf(TypeDefinition type) => WithNested(type)
        .SelectMany(References)
        .SelectMany(Parts)
        .Select(Outermost)
        .Where(name => name != type.FullName && _rooms.ContainsKey(name))
        .Distinct(StringComparer.Ordinal)
        .Select(name => new Use(type.FullName, name));

    private static IEnumerable<TypeReference?> References(TypeDefinition type)
    {
        IEnumerable<TypeReference?> own =
        [
            type.BaseType,
            .. type.Interfaces.Select(implemented => implemented.InterfaceType),
            .. type.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType),
            .. type.Fields.Select(field => field.FieldType),
            .. type.CustomAttributes.SelectMany(OfAttribute),
        ];
        return own.Concat(type.Methods.SelectMany(method => OfMethod(method).Concat(method.CustomAttributes.SelectMany(OfAttribute)).Concat(OfBody(method))));
    }

    private static IEnumerable<TypeReference?> OfAttribute(CustomAttribute attribute) =>
        OfMethod(attribute.Constructor).Concat(attribute.ConstructorArguments.Select(argument => argument.Value as TypeReference));

    private static IEnumerable<TypeReference?> OfMethod(MethodReference method) =>
    [
        method.DeclaringType,
        method.ReturnType,
        .. method.Parameters.Select(parameter => parameter.ParameterType),
        .. method is GenericInstanceMethod generic ? generic.GenericArguments : [],
        .. method is MethodDefinition definition ? definition.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType) : [],
    ];

    private static IEnumerable<TypeReference?> OfBody(MethodDefinition method) => !method.HasBody
        ? []
        : method.Body.Variables.Select(variable => (TypeReference?)variable.VariableType).Concat(method.Body.Instructions.SelectMany(instruction => instruction.Operand switch
        {
            TypeReference type => [type],
            MethodReference called => OfMethod(called),
            FieldReference field => [field.DeclaringType, field.FieldType],
            _ => Enumerable.Empty<TypeReference?>(),
        }));

    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Concat(Parts(generic.ElementType)),
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };

    private static string Outermost(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type.FullName;
    }

    /// <summary>One type that uses another, by full names.</summary>
    internal sealed record Use(string User, string Used);
}
