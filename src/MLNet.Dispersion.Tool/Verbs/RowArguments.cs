using System.CommandLine;

namespace MLNet.Dispersion.Tool;

/// <summary>Which rows are read, and what is learnt from them: shared by finetune and compare.</summary>
internal sealed class RowArguments
{
    private readonly Argument<string> _data = new("data") { Description = $"The rows: {RowFile.Formats}. Of .csv and .tsv the first line names the columns." };
    private readonly Option<TaskKind?> _task = Options.Choice<TaskKind>("--task", "What is learnt: one of several classes, yes or no, a number, several labels, or vectors of pairs of texts. Default Classification.");
    private readonly Option<string?> _label = Options.Text("--label", "The column of labels; of several labels with semicolons between them. Default: Label; for Pairs none.");
    private readonly Option<string[]> _text = new("--text") { Description = "The column of texts; two names for pairs of texts. Default: Text.", AllowMultipleArgumentsPerToken = true, Arity = new ArgumentArity(1, 2) };
    private readonly Option<string?> _weight = Options.Text("--weight", "The column of how much each row counts.");

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(_data);
        command.Options.Add(_task);
        command.Options.Add(_label);
        command.Options.Add(_text);
        command.Options.Add(_weight);
    }

    public RowTask Task(CommandContext context) => RowTask.Of(context.Get(_task) ?? TaskKind.Classification);

    public RowTable Table(CommandContext context) => RowFile.Read(context.Get(_data));

    public RowColumns Columns(CommandContext context, RowTask task)
    {
        string[] texts = context.Get(_text) is { Length: > 0 } named ? named : ["Text"];
        return new RowColumns(texts[0], texts.ElementAtOrDefault(1), context.Get(_label) ?? (task.NeedsLabel ? "Label" : null), context.Get(_weight));
    }
}
