using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.ML;
using AssemblyDefinition = Mono.Cecil.AssemblyDefinition;
using ReaderParameters = Mono.Cecil.ReaderParameters;

namespace MLNet.Dispersion.Tests.Interop;

/// <summary>
/// The assembly is compiled against a copy of Microsoft.ML.Core in which everything is public, so the compiler no longer says when an internal member
/// is used by accident. These tests say it.
/// </summary>
public sealed class InternalsTests
{
    private const string TheOneInternalType = "Microsoft.ML.LoadableClassAttribute";
    private static readonly Assembly Core = typeof(ModelSaveContext).Assembly;

    [Fact]
    public void Assembly_UsesNoInternalMemberOfMLNetButTheRegistration()
    {
        using var file = new PEReader(File.OpenRead(typeof(FineTuneWithDispersionEstimator).Assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        string[] used = [.. metadata.MemberReferences.Select(handle => metadata.GetMemberReference(handle)).SelectMany(member => Hidden(metadata, member)).Distinct()];
        Assert.Equal([TheOneInternalType + "..ctor"], used);
    }

    [Fact]
    public void UnsafeAccessorsAndReflection_AreInTheInteropRoomAlone()
    {
        using var assembly = AssemblyDefinition.ReadAssembly(typeof(FineTuneWithDispersionEstimator).Assembly.Location, new ReaderParameters { ReadSymbols = true });
        string[] rooms = [.. assembly.MainModule.GetTypes()
            .Where(type => type.Methods.Any(method => method.CustomAttributes.Any(attribute => attribute.AttributeType.Name == "UnsafeAccessorAttribute")))
            .SelectMany(type => type.Methods.Concat(type.NestedTypes.SelectMany(nested => nested.Methods)))
            .SelectMany(method => method.DebugInformation.SequencePoints.Select(point => point.Document.Url.Replace('\\', '/').Split('/')[^2]))
            .Distinct()];
        Assert.Equal(["Interop"], rooms);
    }

    [Fact]
    public void Use_MemberIsMissing_NamesTheVersionAndTheCure()
    {
        var error = Assert.Throws<NotSupportedException>(() => MLNetInternals.Use<int>("Some.Member", () => throw new MissingMethodException()));
        Assert.Contains("This ML.NET version is not supported", error.Message, StringComparison.Ordinal);
        Assert.Contains("Some.Member", error.Message, StringComparison.Ordinal);
        Assert.Contains("5.0.1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadContext_OfAnotherKindOfObject_SaysThatTheVersionIsNotSupported() =>
        Assert.Contains("ModelLoadContext.Reader", Assert.Throws<NotSupportedException>(() => new LoadContext(new object())).Message, StringComparison.Ordinal);

    // What a reference names, if it names something of Microsoft.ML.Core that is not public there.
    private static IEnumerable<string> Hidden(MetadataReader metadata, MemberReference member)
    {
        if (member.Parent.Kind != HandleKind.TypeReference || FindInCore(metadata, (TypeReferenceHandle)member.Parent) is not { } type)
        {
            yield break;
        }

        string name = metadata.GetString(member.Name);
        const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;
        if (!type.IsVisible || type.GetMember(name, Public).Length == 0)
        {
            yield return $"{type.FullName}.{name}";
        }
    }

    private static Type? FindInCore(MetadataReader metadata, TypeReferenceHandle handle)
    {
        TypeReference reference = metadata.GetTypeReference(handle);
        string name = metadata.GetString(reference.Name);
        return reference.ResolutionScope.Kind switch
        {
            HandleKind.TypeReference => FindInCore(metadata, (TypeReferenceHandle)reference.ResolutionScope)?.GetNestedType(name, BindingFlags.Public | BindingFlags.NonPublic),
            HandleKind.AssemblyReference when AssemblyName(metadata, reference) == Core.GetName().Name => Core.GetType($"{metadata.GetString(reference.Namespace)}.{name}", throwOnError: true),
            _ => null,
        };
    }

    private static string AssemblyName(MetadataReader metadata, TypeReference reference) =>
        metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)reference.ResolutionScope).Name);
}
