using System.Text;

namespace MLNet.Dispersion.Tests.Evaluation;

public sealed class BenchmarkTaskTests : IDisposable
{
    private static readonly string Good = TaskFiles.Line("Is {it}?", 1, "no", "yes");
    private readonly TaskFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void FromFile_OwnTaskAndData_FillsTheTemplates()
    {
        _files.Write("quiz.jsonl", """{"id": 7, "topic": "my_pets", "deep": {"list": ["x", {"q": "dogs  "}]}, "right": "B", "answers": ["CAT", "dog"]}""", "  ", string.Empty);
        string path = _files.Write("quiz.json", """
            {
              // Comments are allowed.
              "version": 1, "name": "quiz", "title": "My quiz", "data": "quiz.jsonl", "where": { "topic": "my_pets" },
              "preamble": "About {topic|spaces}.\n", "context": "{{{deep.list[1].q|trim}}}\n{lettered}\nOf {choice}:", "continuation": " {letter}",
              "choicesField": "answers|capitalize", "goldField": "right", "metrics": ["acc", "acc_norm_bytes"],
            }
            """);
        BenchmarkTask task = BenchmarkTask.FromFile(path);
        BenchmarkItem item = Assert.Single(task.Items);
        Assert.Equal("My quiz", task.Title);
        Assert.Equal([BenchmarkMetric.Accuracy, BenchmarkMetric.ByteNormalizedAccuracy], task.Template.Metrics);
        Assert.Equal("7", item.Id);
        Assert.Equal("About my pets.\n", item.Preamble);
        Assert.Equal([new BenchmarkChoice { Context = "{dogs}\nA. Cat\nB. Dog\nOf Cat:", Continuation = " A", Text = "Cat", IsTrue = false }, new BenchmarkChoice { Context = "{dogs}\nA. Cat\nB. Dog\nOf Dog:", Continuation = " B", Text = "Dog", IsTrue = true }], item.Choices);
    }

    [Fact]
    public void ToJson_BuiltIn_ReadsBackEqual()
    {
        foreach (string name in BenchmarkTask.BuiltInNames)
        {
            BenchmarkTemplate template = BenchmarkTemplate.BuiltIn(name);
            string json = template.ToJson();
            Assert.Equal(json, BenchmarkTemplate.FromJson(json).ToJson());
            Assert.Equal(name, template.Name);
        }

        Assert.Contains("arc_easy", Assert.Throws<ArgumentException>(() => BenchmarkTemplate.BuiltIn("arc")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"question\": \"a\"", "line 2, byte", "Repair the line")]
    [InlineData("[1]", "line 2", "one JSON object")]
    [InlineData("{\"question\": \"a\", \"question\": \"b\"}", "line 2", "Repair the line")]
    [InlineData("{\"frage\": \"a\", \"choices\": [\"x\", \"y\"], \"gold\": 0}", "line 2: the field 'question' is missing", "frage, choices, gold")]
    [InlineData("{\"question\": [\"a\"], \"choices\": [\"x\", \"y\"], \"gold\": 0}", "line 2: the field 'question' is an array", "must be a text")]
    [InlineData("{\"question\": \"a\", \"choices\": \"x\", \"gold\": 0}", "line 2: the field 'choices' is a text", "an array of at least one text")]
    [InlineData("{\"question\": \"a\", \"choices\": [], \"gold\": 0}", "line 2: the field 'choices' is empty", "repair the line")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", null], \"gold\": 0}", "line 2: the field 'choices[1]' is null", "repair the line")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \" \"], \"gold\": 0}", "line 2: the field 'choices' has an empty choice (number 1)", "take it out")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \"y\"], \"gold\": 2}", "line 2: the field 'gold' is '2'", "0..1, or its letter, A..B")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \"y\"], \"gold\": -1}", "line 2: the field 'gold' is '-1'", "0..1")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \"y\"], \"gold\": \"C\"}", "line 2: the field 'gold' is 'C'", "A..B")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \"y\"]}", "line 2: the field 'gold' is missing", "Add it")]
    public void FromTemplate_DamagedLine_NamesFileLineFieldAndCure(string line, string place, string cure)
    {
        string message = Assert.Throws<FormatException>(() => _files.Load(TaskFiles.Template, Good, line)).Message;
        Assert.Contains(Path.Combine(_files.Folder, "quiz.jsonl") + ", line 2", message, StringComparison.Ordinal);
        Assert.Contains(place, message, StringComparison.Ordinal);
        Assert.Contains(cure, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]", "has 1 labels; there are 2 choices")]
    [InlineData("[0, 0]", "names no true choice")]
    [InlineData("[1, 2]", "'mc2.labels[1]' is '2'")]
    public void FromTemplate_DamagedLabels_NamesThem(string labels, string words)
    {
        BenchmarkTemplate template = TaskFiles.Template with { Context = "Q", GoldField = null, ChoicesField = "mc2.choices", LabelsField = "mc2.labels", Metrics = [BenchmarkMetric.TrueShare] };
        string message = Assert.Throws<FormatException>(() => _files.Load(template, $$$"""{"mc2": {"choices": ["a", "b"], "labels": {{{labels}}}}}""")).Message;
        Assert.Contains("line 1", message, StringComparison.Ordinal);
        Assert.Contains(words, message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromTemplate_FileWithoutTheItems_SaysSo()
    {
        Assert.Contains("has no records", Assert.Throws<FormatException>(() => _files.Load(TaskFiles.Template)).Message, StringComparison.Ordinal);
        Assert.Contains("question = other", Assert.Throws<FormatException>(() => _files.Load(TaskFiles.Template with { Where = new Dictionary<string, string> { ["question"] = "other" } }, Good)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => BenchmarkTask.FromTemplate(TaskFiles.Template with { Data = "none.jsonl" }, _files.Folder));
        File.WriteAllBytes(Path.Combine(_files.Folder, "quiz.jsonl"), [.. Encoding.UTF8.GetBytes(Good + "\n"), 0xFF, 0xFE]);
        Assert.Contains("no valid UTF-8", Assert.Throws<FormatException>(() => BenchmarkTask.FromTemplate(TaskFiles.Template, _files.Folder)).Message, StringComparison.Ordinal);
        BenchmarkTemplate cut = TaskFiles.Template with { Context = "{question|before:_}" };
        Assert.Contains("the field 'question' has no '_'", Assert.Throws<FormatException>(() => _files.Load(cut, Good)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"context\": \"{question\"", "no partner")]
    [InlineData("\"context\": \"question}\"", "no partner")]
    [InlineData("\"context\": \"{}\"", "names no field")]
    [InlineData("\"context\": \"{question|shout}\"", "'shout' is no filter")]
    [InlineData("\"contextFilters\": [\"shout\"]", "'shout' is no filter")]
    [InlineData("\"continuation\": \"\"", "'continuation' must not be empty")]
    [InlineData("\"choices\": [\"a\", \"b\"]", "and not both")]
    [InlineData("\"goldField\": null", "'goldField' must name")]
    [InlineData("\"labelsField\": \"labels\"", "exclude each other")]
    [InlineData("\"metrics\": [\"accuracy\"]", "'accuracy' is no metric")]
    [InlineData("\"metrics\": []", "at least one metric")]
    [InlineData("\"metrics\": [\"acc\", \"acc\"]", "each metric once")]
    [InlineData("\"metrics\": [\"word_perplexity\"]", "come from WordPerplexity")]
    [InlineData("\"fewShot\": -1", "'fewShot' must be at least 0")]
    [InlineData("\"fewShot\": 2", "'fewShotData' must name")]
    [InlineData("\"fewShotDraw\": \"last\"", "fewShotDraw")]
    [InlineData("\"version\": 2", "has version 2")]
    [InlineData("\"colour\": 2", "colour")]
    public void FromFile_DamagedTask_NamesTheField(string change, string words)
    {
        string field = change[..change.IndexOf(':', StringComparison.Ordinal)];
        var lines = new List<string> { "\"version\": 1", "\"name\": \"quiz\"", "\"data\": \"quiz.jsonl\"", "\"context\": \"{question}\"", "\"choicesField\": \"choices\"", "\"goldField\": \"gold\"", "\"metrics\": [\"acc\"]" };
        lines.RemoveAll(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        _files.Write("quiz.jsonl", Good);
        string path = _files.Write("quiz.json", "{" + string.Join(", ", lines.Append(change)) + "}");
        string message = Assert.Throws<FormatException>(() => BenchmarkTask.FromFile(path)).Message;
        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.Contains("quiz", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_ImpossibleItems_NamesThem()
    {
        Assert.Contains("no items", Assert.Throws<ArgumentException>(() => new BenchmarkTask(TaskFiles.Template, [])).Message, StringComparison.Ordinal);
        AssertThrows("has no true choice", new BenchmarkChoice { Context = "c", Continuation = " a", Text = "a", IsTrue = false });
        AssertThrows("has 2 true choices", new BenchmarkChoice { Context = "c", Continuation = " a", Text = "a", IsTrue = true }, new BenchmarkChoice { Context = "c", Continuation = " b", Text = "b", IsTrue = true });
        AssertThrows("is empty", new BenchmarkChoice { Context = "c", Continuation = " ", Text = "a", IsTrue = true });

        static void AssertThrows(string words, params BenchmarkChoice[] choices)
        {
            string message = Assert.Throws<ArgumentException>(() => new BenchmarkTask(TaskFiles.Template, [new BenchmarkItem { Id = "seven", Choices = choices }])).Message;
            Assert.Contains("'seven'", message, StringComparison.Ordinal);
            Assert.Contains(words, message, StringComparison.Ordinal);
        }
    }
}
