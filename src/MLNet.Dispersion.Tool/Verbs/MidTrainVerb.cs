using System.CommandLine;
using Microsoft.ML;

namespace MLNet.Dispersion.Tool;

/// <summary>Trains a language model on plain text.</summary>
internal sealed class MidTrainVerb : IVerb
{
    private const string Text = "Text";

    private readonly Argument<string[]> _files = new("texts") { Description = "Plain text files, each one text.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _lines = new("--lines") { Description = "Each line is a text of its own." };
    private readonly Option<string> _out = new("--out", "-o") { Description = "What to write: a model.zip, a .gguf file, or a folder in Hugging Face's format.", Required = true };
    private readonly TrainingArguments _training = new();
    private readonly CheckpointArguments _checkpoints = new();

    /// <inheritdoc/>
    public Command Describe()
    {
        var command = new Command("midtrain", "Trains a language model on plain text, with the dispersion loss.") { _files, _lines, _out };
        _training.AddTo(command);
        _checkpoints.AddTo(command);
        return command;
    }

    /// <inheritdoc/>
    public void Run(CommandContext context)
    {
        string output = context.Get(_out)!;
        Conversion? conversion = Path.GetExtension(output).Equals(".zip", StringComparison.OrdinalIgnoreCase) ? null : Conversion.Of(output, type: null);
        if (conversion is null)
        {
            OutputPlace.RequireFile(_out.Name, output);
        }
        else
        {
            conversion.RequirePlace(_out.Name, output);
        }

        string[] texts = [.. context.Get(_files).SelectMany(file => context.Get(_lines) ? TextFiles.Lines(file) : [TextFiles.Whole(file)])];
        MLContext ml = context.NewContext(_training.Seed(context));
        var data = new TableDataView([TableDataColumn.OfTexts(Text, texts)]);
        LanguageModelTransformer model;
        using (ProgressLine progress = context.Progress())
        {
            FineTuneOptions options = _training.Read(context, progress);
            _checkpoints.Apply(context, options, progress);
            model = ml.FineTuneLanguageModelWithDispersion(Text, _training.Backbone(context), options).Fit(data);
        }

        using (model)
        {
            if (conversion is null)
            {
                ml.Dispersion().SaveModel(model, data.Schema, output);
            }
            else
            {
                conversion.WriteModel(model.LanguageModel, output);
            }

            FineTuneResult result = model.TrainingResult!;
            context.Write(() => TrainingReport.Json(result, output), () => TrainingReport.Text(result, output));
        }
    }
}
