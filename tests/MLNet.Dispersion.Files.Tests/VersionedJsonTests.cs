using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Tokenization;

namespace MLNet.Dispersion.Tests.Files;

public sealed class VersionedJsonTests
{
    private static readonly VersionedJson<Recipe> Recipes = new("recipe", "tests/recipe", 2, "Write it again.");
    private static readonly VersionedJson<Recipe> Former = new("recipe", "tests/recipe", 2, "Write it again.") { UnmarkedVersionField = "formatVersion" };
    private static readonly VersionedJson<Recipe> Written = new("recipe", schema: null, 2, "Write it again.") { HandWritten = true };

    private enum Taste
    {
        Sweet,
        Sour,
    }

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var recipe = new Recipe("bread \u00e9 \ud83d\udc4d", 0.1, Taste.Sour) { Steps = [new("mix", double.PositiveInfinity), new("bake", double.NaN)], Note = null };
        foreach (VersionedJson<Recipe> format in (VersionedJson<Recipe>[])[Recipes, Former, Written, new("recipe", "tests/recipe", 2, "Write it again.") { Compact = true }])
        {
            string json = format.Write(recipe);
            Recipe again = format.Read(json);
            Assert.Equal(json, format.Write(again));
            Assert.Equal((recipe.Name, recipe.Grams, recipe.Taste), (again.Name, again.Grams, again.Taste));
            Assert.Equal(recipe.Steps, again.Steps);
        }
    }

    [Fact]
    public void Write_Document_BeginsWithKindAndVersion()
    {
        JsonObject document = JsonNode.Parse(Recipes.Write(new Recipe("bread", 1)))!.AsObject();
        Assert.Equal(["schema", "version", "name", "grams", "taste", "steps", "note"], document.Select(member => member.Key));
        Assert.Equal(("tests/recipe", 2, "Sweet"), ((string?)document["schema"], (int?)document["version"], (string?)document["taste"]));
    }

    [Theory]
    [InlineData("", "no whole recipe")]
    [InlineData("{", "no whole recipe")]
    [InlineData("null", "must be an object")]
    [InlineData("[]", "must be an object")]
    [InlineData("{}", "'schema' must be \"tests/recipe\"")]
    [InlineData("""{"schema": "tests/other", "version": 1, "name": "a", "grams": 1}""", "'schema'")]
    [InlineData("""{"schema": "tests/recipe", "name": "a", "grams": 1}""", "'version'")]
    [InlineData("""{"schema": "tests/recipe", "version": "1", "name": "a", "grams": 1}""", "'version'")]
    [InlineData("""{"schema": "tests/recipe", "version": 0, "name": "a", "grams": 1}""", "'version'")]
    [InlineData("""{"schema": "tests/recipe", "version": 3, "name": 7}""", "has version 3; this build reads versions up to 2. Update")]
    [InlineData("""{"schema": "tests/recipe", "version": 1, "grams": 1}""", "name")]
    [InlineData("""{"schema": "tests/recipe", "version": 1, "name": null, "grams": 1}""", "name")]
    [InlineData("""{"schema": "tests/recipe", "version": 1, "name": "a", "grams": "1"}""", "$.grams")]
    [InlineData("""{"schema": "tests/recipe", "version": 1, "name": "a", "grams": 1, "taste": 1}""", "$.taste")]
    [InlineData("""{"schema": "tests/recipe", "version": 1, "name": "a", "grams": 1, "grams": 2}""", "grams")]
    [InlineData("""{"schema": "tests/recipe", "version": 1, "name": "a", "grams": 1, "steps": [{"name": "mix"}, {"name": 3}]}""", "$.steps[1].name")]
    [InlineData("""{"schema": "tests/recipe", "version": 1, "name": "a", "grams": 1} trailing""", "no whole recipe")]
    [InlineData("""{"schema": "tests/recipe", "version": 1, "name": "\ud800", "grams": 1}""", "no whole recipe")]
    public void Read_OtherDocuments_AreRefusedByPlace(string json, string part)
    {
        string message = Assert.Throws<FormatException>(() => Recipes.Read(json)).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
        var error = Assert.Throws<ModelFileException>(() => Recipes.Read(MemorySource.Of(("a.json", json)), "a.json"));
        Assert.Equal("memory/a.json", error.File);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhatADocumentMayLack_HasItsDefault()
    {
        Recipe recipe = Recipes.Read("""{"schema": "tests/recipe", "version": 1, "name": "a", "grams": 1, "steps": [{"name": "mix"}], "nobody": {"knows": true}}""");
        Assert.Equal((Taste.Sweet, null), (recipe.Taste, recipe.Note));
        Assert.Equal(double.NaN, recipe.Steps[0].Minutes);
    }

    [Fact]
    public void Read_DocumentOfABuildThatDidNotSayItsKind_CountsByItsFormerVersion()
    {
        Assert.Equal("a", Former.Read("""{"formatVersion": 1, "name": "a", "grams": 1}""").Name);
        Assert.Contains("version 3", Assert.Throws<FormatException>(() => Former.Read("""{"formatVersion": 3, "name": "a", "grams": 1}""")).Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => Former.Read("""{"name": "a", "grams": 1}"""));
        Assert.Throws<FormatException>(() => Former.Read("""{"schema": "tests/other", "formatVersion": 1, "name": "a", "grams": 1}"""));
        var without = new VersionedJson<Recipe>("recipe", "tests/recipe", 2, "Write it again.") { UnmarkedVersionField = "" };
        Assert.Equal("a", without.Read("""{"name": "a", "grams": 1}""").Name);
    }

    [Fact]
    public void Read_DocumentOfPeople_MayHaveCommentsButNoUnknownNames()
    {
        Assert.Equal("a", Written.Read("{ /* mine */ \"name\": \"a\", \"grams\": 1, }").Name);
        Assert.Contains("gramms", Assert.Throws<FormatException>(() => Written.Read("""{"name": "a", "grams": 1, "gramms": 2}""")).Message, StringComparison.Ordinal);
        Assert.Contains("version 3", Assert.Throws<FormatException>(() => Written.Read("""{"version": 3, "name": "a", "grams": 1}""")).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("note", Written.Write(new Recipe("a", 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void Require_WhatCannotBe_NamesPlaceValueAndRule()
    {
        Recipes.Require(true, "grams", 1, "be above 0");
        string message = Assert.Throws<FormatException>(() => Recipes.Require(false, "steps[2].minutes", -1.5, "be at least 0")).Message;
        Assert.Equal("The recipe's field 'steps[2].minutes' is -1.5; it must be at least 0. The document is damaged. Write it again.", message);
        var source = MemorySource.Of(("a.json", Recipes.Write(new Recipe("a", -1))));
        var error = Assert.Throws<ModelFileException>(() => Recipes.Read(source, "a.json", recipe =>
        {
            Recipes.Require(recipe.Grams > 0, "grams", recipe.Grams, "be above 0");
            return recipe;
        }));
        Assert.Contains("memory/a.json: The recipe's field 'grams' is -1;", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_File_IsReplacedWholeAndNothingElseIsLeft()
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-files-").FullName;
        try
        {
            string path = Path.Combine(folder, "new", "recipe.json");
            Recipes.Save(new Recipe("a", 1), path);
            Recipes.Save(new Recipe("b", 2), path);
            Assert.Equal("b", Recipes.Read(new DirectorySource(Path.Combine(folder, "new")), "recipe.json").Name);
            Assert.Equal([path], Directory.GetFileSystemEntries(Path.Combine(folder, "new")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed record Recipe(string Name, double Grams, Taste Taste = Taste.Sweet)
    {
        public IReadOnlyList<Step> Steps { get; init; } = [];

        public string? Note { get; init; }
    }

    private sealed record Step(string Name, double Minutes = double.NaN);
}
