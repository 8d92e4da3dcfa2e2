using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion.Tool.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Help_names_the_verbs_and_the_exit_codes()
    {
        CommandRun run = CommandRun.Done("--help");

        Assert.All(["diagnose", "finetune", "midtrain", "evaluate", "compare", "generate", "convert", "serve"], verb => Assert.Contains(verb, run.Out, StringComparison.Ordinal));
        Assert.Contains("0 done, 1 failed, 2 wrong command line, 130 interrupted", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-verb")]
    [InlineData("finetune", "rows.csv", "--no-such-option")]
    [InlineData("finetune")]
    [InlineData("finetune", "rows.csv", "--variant", "Sideways")]
    [InlineData("finetune", "rows.csv", "--coefficient", "0,1")]
    [InlineData("finetune", "rows.csv", "--coefficient", "much")]
    [InlineData("diagnose")]
    public void A_wrong_command_line_is_told_on_standard_error(params string[] args)
    {
        CommandRun run = CommandRun.Of(args);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Out);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_have_a_cure_and_no_stack_trace_unless_it_is_asked_for()
    {
        string[] args = ["finetune", _folder.File("none.csv")];

        CommandRun run = CommandRun.Of(args);
        CommandRun verbose = CommandRun.Of([.. args, "--verbose"]);
        CommandRun json = CommandRun.Of([.. args, "--json"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Name a file with", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Contains("   at ", verbose.Error, StringComparison.Ordinal);
        Assert.Equal(1, json.Json.GetProperty("exitCode").GetInt32());
        Assert.Contains("none.csv", json.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-folder", "There is no model at")]
    [InlineData("no-such-model.gguf", "There is no model at")]
    [InlineData("owner/no-such-model.zip", "There is no model at")]
    public void A_model_that_is_not_there_is_named(string model, string expected)
    {
        CommandRun run = CommandRun.Of("diagnose", model, "--texts", _folder.Write("texts.txt", "One text."));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_are_the_same_in_every_culture()
    {
        string rows = _folder.Tickets(rows: 24);
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("de-DE");
        try
        {
            CommandRun run = CommandRun.Done("finetune", rows, "--label", "topic", "--text", "message", "-m", CommandRun.Tiny, "-o", _folder.File("m.zip"), "--max-steps", "1", "--learning-rate", "0.001", "--coefficient", "0.5", "--json");
            CommandRun text = CommandRun.Done("evaluate", _folder.File("m.zip"), rows);

            Assert.Equal(0.001, run.Json.GetProperty("learningRate").GetDouble());
            Assert.Matches(@"accuracy +0\.\d{4}", text.Out);
            Assert.Equal("de-DE", CultureInfo.CurrentCulture.Name);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void The_suggest_directive_completes_verbs_and_names()
    {
        Assert.Contains("finetune", CommandRun.Done("[suggest:4]", "fine").Out, StringComparison.Ordinal);
        Assert.Contains("AngularSpread", CommandRun.Done("[suggest:33]", "finetune rows.csv --variant Angul").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_one_document_and_nothing_else_on_standard_output()
    {
        CommandRun run = CommandRun.Done("diagnose", CommandRun.Tiny, "--texts", _folder.Write("t.txt", "my invoice is charged again", "the parcel was broken today"), "--json");

        using JsonDocument document = JsonDocument.Parse(run.Out);
        Assert.Equal("diagnose", document.RootElement.GetProperty("command").GetString());
        Assert.Equal(1, document.RootElement.GetProperty("reports").GetArrayLength());
    }
}
