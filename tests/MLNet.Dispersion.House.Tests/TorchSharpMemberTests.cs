using Mono.Cecil;
using Mono.Cecil.Cil;
using MLNet.Dispersion.Tests.Support;
using MLNet.Dispersion.TorchSharpMembers;

namespace MLNet.Dispersion.House.Tests;

/// <summary>The products use nothing of TorchSharp that is newer than the oldest version that they may be built with.</summary>
public sealed class TorchSharpMemberTests : IDisposable
{
    private static readonly string LibraryFile = Path.Combine(AppContext.BaseDirectory, "TorchSharp.dll");
    private static readonly NewerMembers Newer = NewerMembers.Parse(File.ReadAllText(
        Path.Combine(Checkout.Folder, "tests", "MLNet.Dispersion.House.Tests", "torchsharp-newer-than-0.106.0.txt")));

    private readonly DefaultAssemblyResolver _resolver = new();
    private readonly AssemblyDefinition _library = AssemblyDefinition.ReadAssembly(LibraryFile);

    /// <summary>Looks for referenced assemblies beside the tests.</summary>
    public TorchSharpMemberTests() => _resolver.AddSearchDirectory(AppContext.BaseDirectory);

    public static TheoryData<string> Products() => [.. Compiled.Products.Assemblies.Select(assembly => assembly.Name.Name)];

    public void Dispose()
    {
        _library.Dispose();
        _resolver.Dispose();
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void Product_UsesNothingNewerThanTheOldestTorchSharp(string product)
    {
        using AssemblyDefinition assembly = Read(Path.Combine(AppContext.BaseDirectory, $"{product}.dll"));

        string[] tooNew = TooNew(assembly);

        Assert.True(tooNew.Length == 0, $"TorchSharp {Newer.OlderVersion} lacks:\n{string.Join('\n', tooNew)}");
    }

    [Fact]
    public void Core_IsSeenToUseTorchSharp()
    {
        using AssemblyDefinition assembly = Read(Path.Combine(AppContext.BaseDirectory, "MLNet.Dispersion.Core.dll"));

        IReadOnlySet<string> used = UsedMembers.Of(assembly);

        Assert.True(used.Count > 200, $"Only {used.Count} members of TorchSharp are seen: the tests would prove little.");
        Assert.Contains("method TorchSharp.torch/Tensor TorchSharp.torch/Tensor::sum(System.Nullable`1<TorchSharp.torch/ScalarType>)", used);
        Assert.DoesNotContain(used, line => line.EndsWith("(not found)", StringComparison.Ordinal));
    }

    [Fact]
    public void List_AndTheReferencedTorchSharp_GiveAllThatTheOldestHas()
    {
        SortedSet<string> referenced = PublicMembers.Of(_library);
        if (_library.Name.Version.ToString(3) == Newer.NewerVersion)
        {
            Assert.Empty(Newer.Members.Except(referenced));
        }

        string[] oldest = [.. referenced.Except(Newer.Members)];

        Assert.True(
            oldest.Length == Newer.OlderCount && PublicMembers.Fingerprint(oldest) == Newer.OlderFingerprint,
            $"The list was made for TorchSharp {Newer.NewerVersion}, and {_library.Name.Version.ToString(3)} is referenced, or lines were changed. Its head says how to make it anew.");
    }

    [SkippableFact]
    public void NewerMembers_PlantedIntoAnAssembly_AreNamedWithTheirUser()
    {
        Skip.IfNot(_library.Name.Version.ToString(3) == Newer.NewerVersion, "This TorchSharp has no newer member to plant.");
        MethodDefinition method = _library.MainModule.GetType("TorchSharp.torch/Tensor").Methods.Single(method => method.Name == "exp2_");
        FieldDefinition field = _library.MainModule.GetType("TorchSharp.torch").Fields.Single(field => field.Name == "qint8");
        TypeDefinition type = _library.MainModule.GetType("TorchSharp.Modules.GELU/Approximate");
        using AssemblyDefinition planted = Read(Plant(method, field, type));

        string[] tooNew = TooNew(planted);

        Assert.Equal(3, tooNew.Length);
        Assert.Contains(tooNew, line => line == $"{PublicMembers.Line(method)}, used by Planted.Uses");
        Assert.Contains(tooNew, line => line == $"{PublicMembers.Line(field)}, used by Planted.Uses");
        Assert.Contains(tooNew, line => line.StartsWith(PublicMembers.Line(type), StringComparison.Ordinal));
    }

    private AssemblyDefinition Read(string path) => AssemblyDefinition.ReadAssembly(path, new ReaderParameters { AssemblyResolver = _resolver });

    private AssemblyDefinition Read(Stream stream) => AssemblyDefinition.ReadAssembly(stream, new ReaderParameters { AssemblyResolver = _resolver });

    private static string[] TooNew(AssemblyDefinition assembly) =>
    [
        .. UsedMembers.Of(assembly).Intersect(Newer.Members).Order(StringComparer.Ordinal)
            .Select(line => $"{line}, used by {string.Join(", ", UsedMembers.UsersOf(assembly, line))}"),
    ];

    private static MemoryStream Plant(MethodReference method, FieldReference field, TypeReference type)
    {
        using var assembly = AssemblyDefinition.CreateAssembly(new AssemblyNameDefinition("Planted", new Version(1, 0)), "Planted", ModuleKind.Dll);
        ModuleDefinition module = assembly.MainModule;
        var holder = new TypeDefinition("", "Planted", TypeAttributes.Class, module.TypeSystem.Object);
        var user = new MethodDefinition("Uses", MethodAttributes.Static, module.TypeSystem.Void);
        user.Body.Variables.Add(new VariableDefinition(module.ImportReference(type)));
        ILProcessor code = user.Body.GetILProcessor();
        code.Emit(OpCodes.Ldsfld, module.ImportReference(field));
        code.Emit(OpCodes.Pop);
        code.Emit(OpCodes.Ldnull);
        code.Emit(OpCodes.Call, module.ImportReference(method));
        code.Emit(OpCodes.Pop);
        code.Emit(OpCodes.Ret);
        holder.Methods.Add(user);
        module.Types.Add(holder);
        var stream = new MemoryStream();
        assembly.Write(stream);
        stream.Position = 0;
        return stream;
    }
}
