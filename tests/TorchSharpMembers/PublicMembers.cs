using System.Security.Cryptography;
using System.Text;
using Mono.Cecil;

namespace MLNet.Dispersion.TorchSharpMembers;

/// <summary>What an assembly lets others use, a line of text each: types, methods (accessors and constructors too) with their parameter types, fields with their constants.</summary>
internal static class PublicMembers
{
    /// <summary>All of an assembly.</summary>
    internal static SortedSet<string> Of(AssemblyDefinition assembly)
    {
        var members = new SortedSet<string>(StringComparer.Ordinal);
        foreach (TypeDefinition type in assembly.MainModule.GetTypes().Where(IsVisible))
        {
            members.Add(Line(type));
            members.UnionWith(type.Methods.Where(method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly).Select(Line));
            members.UnionWith(type.Fields.Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly).Select(Line));
        }

        return members;
    }

    /// <summary>The line of a type, a method or a field.</summary>
    internal static string Line(IMemberDefinition member) => member switch
    {
        TypeDefinition => $"type {member.FullName}",
        FieldDefinition { HasConstant: true } field => $"field {field.FullName} = {field.Constant}",
        FieldDefinition => $"field {member.FullName}",
        _ => $"method {member.FullName}",
    };

    /// <summary>A hash of the lines, by which a set of thousands is known again.</summary>
    internal static string Fingerprint(IEnumerable<string> members) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', members.Order(StringComparer.Ordinal)))));

    private static bool IsVisible(TypeDefinition type) => type.IsNested
        ? (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamilyOrAssembly) && IsVisible(type.DeclaringType)
        : type.IsPublic;
}
