using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Tunes a small pretrained causal language model on prompts with their completions, or on conversations, with the dispersion regulariser: the loss is that of the answers' tokens.</summary>
/// <remarks>
/// <para>Reads prompt and completion (text), or roles and contents (vectors of text), or rows of JSON (text), and a row's weight where one is named. Adds answers and what the model says of given ones: the table is at <see cref="FineTuneInstructionsWithDispersionTransformer"/>.</para>
/// <list type="table">
/// <item><term>Task</term><description>Supervised tuning on instructions</description></item>
/// <item><term>Normalisation of the input</term><description>None needed: raw text, rendered by the model's chat template</description></item>
/// <item><term>Caching</term><description>None needed: fitting reads the data once, texts larger than <see cref="FineTuneOptions.DataMemoryBytes"/> into a file</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>Conversations that are longer than a row are cut, with one warning that counts them; those of whose answers nothing is left are left out, with their numbers. A row without an answer is an error that names it.</para>
/// </remarks>
public sealed class FineTuneInstructionsWithDispersionEstimator : AnsweringEstimator
{
    private readonly FineTuneInstructionsOptions _options;

    /// <summary>Creates the estimator; <c>ml.Transforms.Text.FineTuneInstructionsWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the training options name none.</param>
    /// <param name="options">Columns, model and training; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public FineTuneInstructionsWithDispersionEstimator(IHostEnvironment environment, FineTuneInstructionsOptions? options = null)
        : this(environment, Checked(options))
    {
    }

    private FineTuneInstructionsWithDispersionEstimator(IHostEnvironment environment, (FineTuneInstructionsOptions Options, InstructionColumns Columns) given)
        : base(environment, nameof(FineTuneInstructionsWithDispersionEstimator), given.Options, given.Columns) => _options = given.Options;

    private protected override FineTuneTask Task => FineTuneTask.Instructions;

    private protected override InstructionOptions Instructions => _options.Instructions;

    private protected override IEstimator<ITransformer> Copy(FineTuneOptions training)
    {
        FineTuneInstructionsOptions copy = _options.Clone();
        copy.Training = training;
        return new FineTuneInstructionsWithDispersionEstimator(Host, copy);
    }

    private protected override void CheckMore(SchemaShape input)
    {
    }

    private protected override Func<PretrainedLanguageModel, FineTuneOptions, InstructionTrainingResult> Reads(IDataView data, IDataView? validation, bool asChat, AnswerSets read)
    {
        IReadOnlyList<Instruction> instructions = Read(data, asChat, read);
        IReadOnlyList<Instruction>? held = validation is null ? null : Read(validation, asChat, read);
        return (model, options) => InstructionTrainer.Train(model, instructions, options, _options.Instructions, held);
    }

    // Rows are parsed where they are looked at: as text they may lie in a file.
    private LazyList<Instruction> Read(IDataView data, bool asChat, AnswerSets read)
    {
        InstructionColumns columns = _options.Columns();
        AnswerRows rows = read.Read(data, columns.First, columns.Second, third: null, _options.ExampleWeightColumnName);
        return new(rows.Count, row => Weighted(columns.Read(rows.First[row], rows.Second?[row], row, asChat), rows, row));
    }

    private static Instruction Weighted(Instruction instruction, AnswerRows rows, int row) => rows.Weights is null ? instruction : instruction with { Weight = instruction.Weight * rows.WeightOf(row) };

    private static (FineTuneInstructionsOptions Options, InstructionColumns Columns) Checked(FineTuneInstructionsOptions? options)
    {
        FineTuneInstructionsOptions copy = options?.Clone() ?? new FineTuneInstructionsOptions();
        copy.Validate();
        return (copy, copy.Columns());
    }
}
