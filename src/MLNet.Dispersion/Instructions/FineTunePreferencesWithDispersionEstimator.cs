using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Tunes a small pretrained causal language model on prompts with a better and a worse answer each, by direct preference optimisation or one of its variants, with the dispersion regulariser.</summary>
/// <remarks>
/// <para>Reads prompt, better and worse answer (text), or rows of JSON (text), and a row's weight where one is named. The transformer is that of instructions: <see cref="FineTuneInstructionsWithDispersionTransformer"/>, whose completions are the better answers.</para>
/// <list type="table">
/// <item><term>Task</term><description>Tuning on preferences; mostly behind <see cref="FineTuneInstructionsWithDispersionEstimator"/></description></item>
/// <item><term>Normalisation of the input</term><description>None needed: raw text, rendered by the model's chat template</description></item>
/// <item><term>Caching</term><description>None needed: fitting reads the data once, texts larger than <see cref="FineTuneOptions.DataMemoryBytes"/> into a file</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// </remarks>
public sealed class FineTunePreferencesWithDispersionEstimator : AnsweringEstimator
{
    private readonly FineTunePreferencesOptions _options;

    /// <summary>Creates the estimator; <c>ml.Transforms.Text.FineTunePreferencesWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the training options name none.</param>
    /// <param name="options">Columns, model, losses and training; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public FineTunePreferencesWithDispersionEstimator(IHostEnvironment environment, FineTunePreferencesOptions? options = null)
        : this(environment, Checked(options))
    {
    }

    private FineTunePreferencesWithDispersionEstimator(IHostEnvironment environment, (FineTunePreferencesOptions Options, InstructionColumns Columns) given)
        : base(environment, nameof(FineTunePreferencesWithDispersionEstimator), given.Options, given.Columns, given.Options.JsonColumnName is null ? given.Options.RejectedColumnName : null) => _options = given.Options;

    private protected override FineTuneTask Task => FineTuneTask.Preferences;

    private protected override InstructionOptions Instructions => new() { ChatTemplate = _options.Preferences.ChatTemplate };

    private string? Rejected => _options.JsonColumnName is null ? _options.RejectedColumnName : null;

    private protected override IEstimator<ITransformer> Copy(FineTuneOptions training)
    {
        FineTunePreferencesOptions copy = _options.Clone();
        copy.Training = training;
        return new FineTunePreferencesWithDispersionEstimator(Host, copy);
    }

    private protected override void CheckMore(SchemaShape input)
    {
        if (Rejected is { } rejected)
        {
            InputColumns.CheckText(Host, input, rejected, "rejected answer");
        }
    }

    private protected override Func<PretrainedLanguageModel, FineTuneOptions, InstructionTrainingResult> Reads(IDataView data, IDataView? validation, bool asChat, AnswerSets read)
    {
        IReadOnlyList<PreferencePair> pairs = Read(data, asChat, read);
        IReadOnlyList<PreferencePair>? held = validation is null ? null : Read(validation, asChat, read);
        return (model, options) => PreferenceTrainer.Train(model, pairs, options, _options.Preferences, held);
    }

    // Rows are parsed where they are looked at: as text they may lie in a file.
    private LazyList<PreferencePair> Read(IDataView data, bool asChat, AnswerSets read)
    {
        InstructionColumns columns = _options.Columns();
        AnswerRows rows = read.Read(data, columns.First, columns.Second, Rejected, _options.ExampleWeightColumnName);
        return new(rows.Count, row => Weighted(Pair(columns, rows, row, asChat), rows, row));
    }

    private static PreferencePair Weighted(PreferencePair pair, AnswerRows rows, int row) => rows.Weights is null ? pair : pair with { Weight = pair.Weight * rows.WeightOf(row) };

    private PreferencePair Pair(InstructionColumns columns, AnswerRows rows, int row, bool asChat)
    {
        try
        {
            return rows.Third is not { } rejected ? PreferencePair.FromJson(InstructionColumns.Json(rows.First[row]), _options.IgnoredFields)
                : asChat ? PreferencePair.FromMessages(columns.Messages(rows.First[row]), Answer(rows.Second![row]), Answer(rejected[row]))
                : PreferencePair.FromTexts(rows.First[row], rows.Second![row], rejected[row]);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new ArgumentException(FormattableString.Invariant($"Row {row} (from 0) of {columns.TextColumns}: {e.Message}"), e);
        }

        // A blank answer is no message: training names its row.
        static ChatMessage[] Answer(string text) => string.IsNullOrWhiteSpace(text) ? [] : [new ChatMessage("assistant", text)];
    }

    private static (FineTunePreferencesOptions Options, InstructionColumns Columns) Checked(FineTunePreferencesOptions? options)
    {
        FineTunePreferencesOptions copy = options?.Clone() ?? new FineTunePreferencesOptions();
        copy.Validate();
        return (copy, copy.Columns());
    }
}
