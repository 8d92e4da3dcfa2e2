using System.Reflection;
using System.Runtime.Loader;

namespace MLNet.Dispersion.Build.Tests;

public sealed class PublicisedAssemblyTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly string Original = typeof(PublicisedAssemblyTests).Assembly.Location;

    [Fact]
    public void Create_InternalTypes_ComeOutPublic()
    {
        Type sample = Load().GetType(typeof(PubliciseSample).FullName!)!;

        Assert.True(typeof(PubliciseSample).IsNotPublic);
        Assert.True(sample.IsPublic);
        Assert.True(sample.GetNestedType("InternalNested")!.IsNestedPublic);
        Assert.True(sample.GetNestedType("PrivateNested", BindingFlags.NonPublic)!.IsNestedPrivate);
        Assert.True(sample.GetNestedType("ProtectedInternalNested", BindingFlags.NonPublic)!.IsNestedFamORAssem);
    }

    [Fact]
    public void Create_InternalMembers_ComeOutPublicAndOthersAsTheyWere()
    {
        Type sample = Load().GetType(typeof(PubliciseSample).FullName!)!;

        Assert.Equal(MethodAttributes.Public, Access(sample.GetMethod("InternalMethod", Declared)!));
        Assert.Equal(MethodAttributes.Public, Access(sample.GetProperty("InternalProperty", Declared)!.SetMethod!));
        Assert.Equal(MethodAttributes.Public, Access(sample.GetConstructor(Declared, [typeof(int)])!));
        Assert.True(sample.GetField("InternalField", Declared)!.IsPublic);
        Assert.Equal(MethodAttributes.Private, Access(sample.GetMethod("PrivateMethod", Declared)!));
        Assert.Equal(MethodAttributes.Family, Access(sample.GetMethod("ProtectedMethod", Declared)!));
        Assert.Equal(MethodAttributes.FamORAssem, Access(sample.GetMethod("ProtectedInternalMethod", Declared)!));
        Assert.Equal(MethodAttributes.FamANDAssem, Access(sample.GetMethod("PrivateProtectedMethod", Declared)!));
    }

    [Fact]
    public void Create_TypesThatTheCompilerSupplies_StayInternal()
    {
        Assembly copy = Load();

        Type[] supplied = [.. copy.GetTypes().Where(type => type.Namespace is "Microsoft.CodeAnalysis" || type.Name.StartsWith('<'))];

        Assert.NotEmpty(supplied);
        Assert.All(supplied, type => Assert.False(type.IsPublic, type.FullName));
        Assert.True(copy.GetType("System.Sample.PubliciseFrameworkSample")!.IsNotPublic);
    }

    [Fact]
    public void Create_Bodies_AreUntouchedAndRun()
    {
        Type sample = Load().GetType(typeof(PubliciseSample).FullName!)!;

        foreach (MethodInfo method in typeof(PubliciseSample).GetMethods(Declared))
        {
            Assert.Equal(
                method.GetMethodBody()!.GetILAsByteArray(), sample.GetMethod(method.Name, Declared)!.GetMethodBody()!.GetILAsByteArray());
        }

        object instance = Activator.CreateInstance(sample, 41)!;
        Assert.Equal(42, sample.GetMethod("InternalMethod")!.Invoke(instance, null));
    }

    [Fact]
    public void Create_InputAndSize_StayAsTheyWere()
    {
        byte[] input = File.ReadAllBytes(Original);
        byte[] before = [.. input];

        byte[] copy = PublicisedAssembly.Create(input);

        Assert.Equal(before, input);
        Assert.Equal(input.Length, copy.Length);
        Assert.NotEqual(input, copy);
    }

    [Fact]
    public void Run_GoodAndBadInput_WritesTheCopyOrSaysWhy()
    {
        using var folder = new TemporaryFolder();
        string copy = Path.Combine(folder.Path, "new", "copy.dll");
        string text = folder.File("text.dll");
        File.WriteAllText(text, "no assembly");
        using var output = new StringWriter();

        Assert.Equal(0, PubliciseCommand.Run(Original, copy, output));
        Assert.Empty(output.ToString());
        Assert.Equal(PublicisedAssembly.Create(File.ReadAllBytes(Original)), File.ReadAllBytes(copy));

        Assert.Equal(1, PubliciseCommand.Run(text, copy + "2", output));
        Assert.StartsWith($"{text} : error MLND003: ", output.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(copy + "2"));
    }

    private static Assembly Load()
    {
        var context = new AssemblyLoadContext("publicised", isCollectible: true);
        return context.LoadFromStream(new MemoryStream(PublicisedAssembly.Create(File.ReadAllBytes(Original))));
    }

    private static MethodAttributes Access(MethodBase method) => method.Attributes & MethodAttributes.MemberAccessMask;
}
