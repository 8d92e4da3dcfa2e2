using System.Reflection;
using Mono.Cecil;

namespace MLNet.Dispersion.House.Tests;

/// <summary>The compiled code keeps to the house: arrows run one way, and no assembly looks into another.</summary>
public sealed class RoomTests
{
    /// <summary>Uses that are known to break the table, as "user -> used". The list may only become shorter.</summary>
    private static readonly HashSet<string> Exceptions = [];

    private static IEnumerable<Arrows.Pair> Pairs => Compiled.Products.Uses.Select(use =>
        new Arrows.Pair(use.User, Compiled.Products.RoomOf[use.User], use.Used, Compiled.Products.RoomOf[use.Used]));

    [Fact]
    public void Rooms_UseOnlyWhatTheTableAllows()
    {
        string[] forbidden = [.. Arrows.Forbidden(Pairs.Where(pair => !Exceptions.Contains($"{pair.User} -> {pair.Used}")), Rooms.Allowed)];

        Assert.True(forbidden.Length == 0, string.Join(Environment.NewLine, forbidden));
    }

    [Fact]
    public void Exceptions_AreStillNeeded() =>
        Assert.Empty(Exceptions.Except(Pairs.Where(pair => Arrows.Forbidden([pair], Rooms.Allowed).Any()).Select(pair => $"{pair.User} -> {pair.Used}")));

    [Fact]
    public void Rooms_FormNoCircle() => Assert.Empty(Arrows.Circles(Pairs));

    [Fact]
    public void Table_FormsNoCircle() => Assert.Empty(Arrows.Circles(
        from row in Rooms.Allowed
        from allowed in row.Value
        from room in Rooms.Allowed.Keys.Where(room => Arrows.Covers(allowed, room))
        select new Arrows.Pair("", row.Key, "", room)));

    [Fact]
    public void Folders_AreRoomsOfTheTable() =>
        Assert.Empty(Compiled.Products.RoomOf.Values.Distinct().Except(Rooms.Allowed.Keys).Order(StringComparer.Ordinal));

    [Fact]
    public void Types_AreAllPlaced()
    {
        IEnumerable<string> unplaced = Compiled.Products.Assemblies.SelectMany(assembly => assembly.MainModule.Types)
            .Where(type => type.Namespace.StartsWith("MLNet.Dispersion", StringComparison.Ordinal) && !type.FullName.Contains('<', StringComparison.Ordinal))
            .Select(type => type.FullName)
            .Except(Compiled.Products.RoomOf.Keys);

        Assert.Empty(unplaced);
        Assert.True(Compiled.Products.RoomOf.Count > 100, "The debug symbols name almost no type: the tests would prove nothing.");
    }

    [Fact]
    public void Folders_HoldAboutTwentyFiveFilesAtMost()
    {
        var crowded = Compiled.Products.FileOf.Values.Distinct().GroupBy(Compiled.RoomOfFile).Where(room => room.Count() > 26).Select(room => $"{room.Key}: {room.Count()}");

        Assert.Empty(crowded);
    }

    [Fact]
    public void Products_SeeNoInternalsOfEachOther()
    {
        string[] products = [.. Compiled.Products.Assemblies.Select(assembly => assembly.Name.Name)];
        var open = from assembly in Compiled.Products.Assemblies
                   from attribute in assembly.CustomAttributes
                   where attribute.AttributeType.Name == "InternalsVisibleToAttribute"
                   let friend = ((string)attribute.ConstructorArguments[0].Value).Split(',')[0]
                   where products.Contains(friend)
                   select $"{assembly.Name.Name} opens its internals to {friend}";

        Assert.Empty(open);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Assembly_ReferencesOnlyItsPackages(string assembly, string[] allowed)
    {
        AssemblyDefinition definition = Compiled.Products.Assemblies.Single(candidate => candidate.Name.Name == assembly);
        var others = definition.MainModule.AssemblyReferences.Select(reference => reference.Name)
            .Where(name => !IsOfTheRuntime(name) && !name.StartsWith("MLNet.Dispersion", StringComparison.Ordinal) && !allowed.Any(package => name == package || name.StartsWith(package + ".", StringComparison.Ordinal)));

        Assert.Empty(others);
    }

    /// <summary>What each assembly may use of other people's.</summary>
    public static TheoryData<string, string[]> Packages() => new()
    {
        { "MLNet.Dispersion.Files", [] },
        { "MLNet.Dispersion.Columns", ["Apache.Arrow", "Microsoft.ML", "Parquet"] },
        { "MLNet.Dispersion.Statistics", ["MathNet.Numerics"] },
        { "MLNet.Dispersion.Text", ["Microsoft.ML.Tokenizers"] },
        { "MLNet.Dispersion.Core", ["Microsoft.ML.Tokenizers", "TorchSharp"] },
        { "MLNet.Dispersion.TinyEnglish", [] },
        { "MLNet.Dispersion.TinySentences", [] },
        { "MLNet.Dispersion", ["Microsoft.ML", "TorchSharp"] },
        { "MLNet.Dispersion.Hub", ["Microsoft.Extensions.Http.Resilience", "Polly"] },
        { "MLNet.Dispersion.AI", ["Microsoft.Extensions.AI.Abstractions"] },
        { "MLNet.Dispersion.Onnx", ["Google.Protobuf", "Microsoft.ML", "OnnxSharp", "TorchSharp"] },
        { "MLNet.Dispersion.OnnxRuntime", ["Microsoft.ML.OnnxRuntime", "TorchSharp"] },
        { "MLNet.Dispersion.Plots", ["ScottPlot", "SkiaSharp"] },
        { "MLNet.Dispersion.Studies", ["Microsoft.Data.Sqlite", "Polly"] },
        { "MLNet.Dispersion.Studies.PostgreSql", ["Npgsql"] },
        { "MLNet.Dispersion.Search", ["Microsoft.ML", "TorchSharp"] },
        { "MLNet.Dispersion.Serving", ["Microsoft.AspNetCore", "Microsoft.Extensions", "Microsoft.ML", "TorchSharp"] },
        { "MLNet.Dispersion.Tool", ["CsvHelper", "Microsoft.AspNetCore", "Microsoft.Extensions", "Microsoft.ML", "Parquet", "System.CommandLine", "TorchSharp"] },
    };

    [Fact]
    public void PlantedArrow_IsFound()
    {
        Arrows.Pair[] planted = [new("A.Loss", "Core/Losses", "A.FineTuneLoop", "Core/Training/Loop"), new("A.FineTuneLoop", "Core/Training/Loop", "A.Loss", "Core/Losses")];

        Assert.Equal("Core/Losses -> Core/Training/Loop: A.Loss uses A.FineTuneLoop", Assert.Single(Arrows.Forbidden(planted, Rooms.Allowed)));
        Assert.Equal(["Core/Losses", "Core/Training/Loop"], Arrows.Circles(planted));
    }

    private static bool IsOfTheRuntime(string name) => name is "mscorlib" or "netstandard" or "System" || name.StartsWith("System.", StringComparison.Ordinal)
        || File.Exists(Path.Combine(Path.GetDirectoryName(typeof(object).GetTypeInfo().Assembly.Location)!, name + ".dll"));
}
