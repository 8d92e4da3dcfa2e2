namespace MLNet.Dispersion.Tests.Reference;

/// <summary>The shape of reference tests itself, on folders made here.</summary>
public sealed class ReferenceShapeTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("mlnet-dispersion-shape-").FullName;
    private readonly ReferenceReport _report = new();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>xunit leaves a base class's traits out where a class has its own: <c>--filter Category=Reference</c> would pass it by.</summary>
    [Fact]
    public void Class_WithATraitOfItsOwn_SaysThatItIsOfReferences()
    {
        Type[] own = [.. typeof(ReferenceShapeTests).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ReferenceTests)) && Traits(type).Length > 0)];

        Assert.NotEmpty(own);
        Assert.All(own, type => Assert.Contains(Traits(type), trait => trait is ("Category", "Reference")));

        static (string?, string?)[] Traits(Type type) =>
            [.. type.GetCustomAttributesData().Where(data => data.AttributeType == typeof(TraitAttribute)).Select(data => ((string?)data.ConstructorArguments[0].Value, (string?)data.ConstructorArguments[1].Value))];
    }

    [Fact]
    public void CheckBelow_EveryOutcome_IsReportedAndOnlyTheWrongFails()
    {
        Write("fixtures/a/b/data.json", "{}");
        string message = Failure("a/b", folder =>
        {
            folder.Case("right", () => { });
            folder.Case("unequal", () => Assert.Equal(1, 2));
            folder.Case("error", () => throw new InvalidOperationException("broken"));
            folder.Case("beyond us", () => throw new NotSupportedException("quadratic"));
            folder.Case("left out", () => Skip.If(true, "no model"));
            folder.MustRefuse("refused as it must be", () => throw new NotSupportedException());
            folder.MustRefuse("taken", () => { });
            folder.Case("twice", () => { });
            folder.Case("twice", () => Skip.If(true, "second look"));
            folder.Case("twice and wrong", () => Skip.If(true, "first look"));
            folder.Case("twice and wrong", () => Assert.Equal(1, 2));
        });

        Assert.Equal(4, message.Split('\n').Count(line => line.Contains("wrong:", StringComparison.Ordinal)));
        Assert.Contains("a/b, error: wrong: InvalidOperationException: broken", message, StringComparison.Ordinal);
        Assert.DoesNotContain("quadratic", message, StringComparison.Ordinal);
        Assert.Equal(
            """{"folder":"a/b","ran":7,"equal":2,"refused":1,"wrong":4,"skipped":2,"cases":{"beyond us":"refused","error":"wrong","left out":"skipped","refused as it must be":"equal","right":"equal","taken":"wrong","twice":"skipped","twice and wrong":"wrong","unequal":"wrong"}}""",
            Assert.Single(_report.Lines()));
    }

    [Theory]
    [InlineData("""{"a": "all"}""", true)]
    [InlineData("""{"a": ["other", "case"]}""", true)]
    [InlineData("""{"a": ["other"]}""", false)]
    [InlineData("""{"b": "all"}""", false)]
    [InlineData(null, false)]
    public void CheckBelow_RefusedCase_FailsWhereItIsRequired(string? required, bool fails)
    {
        Directory.CreateDirectory(Path.Combine(_root, "fixtures", "a"));
        if (required is not null)
        {
            Write("fixtures/required.json", required);
        }

        void Refuse(ReferenceFolder folder)
        {
            folder.Case("case", () => throw new NotSupportedException("quadratic"));
            folder.Case("other", () => { });
        }

        if (fails)
        {
            Assert.Contains("a, case: refused, but required: quadratic", Failure("a", Refuse), StringComparison.Ordinal);
        }
        else
        {
            ReferenceTests.CheckBelow(_root, ["a"], _report, Refuse);
        }
    }

    [Fact]
    public void CheckBelow_RefusedCaseOfAModel_FailsWithoutALineInRequired()
    {
        Directory.CreateDirectory(Path.Combine(_root, "models", "a"));

        Assert.Contains("models/a, case: refused, but required: quadratic", Failure("models/a", folder => folder.Case("case", () => throw new NotSupportedException("quadratic"))), StringComparison.Ordinal);
    }

    [Fact]
    public void CheckBelow_RequiredCaseThatNeverAppears_FailsUnlessOthersAreLookedAt()
    {
        Directory.CreateDirectory(Path.Combine(_root, "fixtures", "a"));
        Write("fixtures/required.json", """{"a": ["second", "case", "first"], "absent": ["case"]}""");
        void Some(ReferenceFolder folder) => folder.Case("case", () => { });

        Assert.Contains("a: required, but no case here: first, second", Failure("a", Some), StringComparison.Ordinal);
        ReferenceTests.CheckBelow(_root, ["a"], _report, Some, everyCase: false);
        Assert.Contains("DISPERSION_SHARED", Skipped("absent", Some), StringComparison.Ordinal);
        Assert.Contains("no model", Skipped("a", _ => Skip.If(true, "no model")), StringComparison.Ordinal);
    }

    [Fact]
    public void CheckBelow_FolderWithoutACase_Fails()
    {
        Directory.CreateDirectory(Path.Combine(_root, "models", "a"));

        Assert.Contains("models/a: the folder is there and yields no case", Failure("models/a", _ => { }), StringComparison.Ordinal);
        Assert.Contains("the cases could not be enumerated: damaged", Failure("models/a", _ => throw new InvalidDataException("damaged")), StringComparison.Ordinal);
    }

    [Fact]
    public void CheckBelow_NothingToLookAt_SkipsAndSaysWhatToDo()
    {
        Assert.Contains("DISPERSION_SHARED", Skipped("a", _ => Assert.Fail("not reached")), StringComparison.Ordinal);
        Assert.Equal("""{"folder":"a","ran":0,"equal":0,"refused":0,"wrong":0,"skipped":0,"cases":{}}""", Assert.Single(_report.Lines()));

        Directory.CreateDirectory(Path.Combine(_root, "fixtures", "a"));
        Assert.Contains("no model", Skipped("a", folder => folder.Case("case", () => Skip.If(true, "no model"))), StringComparison.Ordinal);
        Assert.Contains("no model", Skipped("a", _ => Skip.If(true, "no model")), StringComparison.Ordinal);
    }

    [Fact]
    public void IsLenient_PatternsBesideOrAboveTheCases_ExcuseFields()
    {
        Write("fixtures/a/lenient.json", """{"steps": {"one": ["loss"], "*_two": ["*.bias", "norm"]}, "only_steps": [1]}""");
        Directory.CreateDirectory(Path.Combine(_root, "fixtures", "a", "b"));
        Directory.CreateDirectory(Path.Combine(_root, "fixtures", "c"));

        foreach (string key in new[] { "a", "a/b" })
        {
            ReferenceFolder folder = Open(key);
            Assert.True(folder.IsLenient("steps", "one", "loss"));
            Assert.False(folder.IsLenient("steps", "one", "norm"));
            Assert.True(folder.IsLenient("steps", "run_two", "layer.0.bias"));
            Assert.True(folder.IsLenient("steps", "run_two", "norm"));
            Assert.False(folder.IsLenient("steps", "run_two", "layer.0.weight"));
            Assert.False(folder.IsLenient("final", "one", "loss"));
            Assert.False(folder.IsLenient("only_steps", "one", "loss"));
            Assert.Equal(1, folder.Lenient!.Value.GetProperty("only_steps")[0].GetInt32());
        }

        Assert.Null(Open("c").Lenient);
        Assert.False(Open("c").IsLenient("steps", "one", "loss"));
    }

    private ReferenceFolder Open(string key) => new(_root, key, _report, _ => false);

    private string Failure(string key, Action<ReferenceFolder> cases)
    {
        var error = Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => ReferenceTests.CheckBelow(_root, [key], _report, cases));
        return error.Message;
    }

    private string Skipped(string key, Action<ReferenceFolder> cases) => Assert.Throws<SkipException>(() => ReferenceTests.CheckBelow(_root, [key], _report, cases)).Message;

    private void Write(string path, string text)
    {
        string file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
