using System.CommandLine;

namespace MLNet.Dispersion.Tool;

/// <summary>The options of training, which finetune, midtrain and compare share. What is not named is left to the library.</summary>
internal sealed class TrainingArguments
{
    private readonly Option<string?> _model = Options.Text("--model", $"What to begin from. {ModelPlace.Description} Default: tiny-english.", "-m");
    private readonly Option<double?> _coefficient = Options.Number("--coefficient", "The weight of the dispersion loss; 0 for plain training. Default 0.1.");
    private readonly Option<DispersionVariant?> _variant = Options.Choice<DispersionVariant>("--variant", "The form of the dispersion loss.");
    private readonly Option<LayerSelection?> _layers = Options.Choice<LayerSelection>("--layers", "The layers it is applied to.");
    private readonly Option<DispersionCentering?> _centering = Options.Choice<DispersionCentering>("--centering", "What is taken away from the hidden states first.");
    private readonly Option<double?> _tau = Options.Number("--tau", "The temperature of the dispersion loss. Default 1.");
    private readonly Option<int?> _epochs = Options.Count("--epochs", "Passes over the rows.");
    private readonly Option<int?> _steps = Options.Count("--max-steps", "The most optimizer steps.");
    private readonly Option<int?> _batch = Options.Count("--batch-size", "Rows of a forward pass. Default 16.");
    private readonly Option<int?> _accumulate = Options.Count("--accumulate", "Forward passes of an optimizer step. Default 1.");
    private readonly Option<double?> _rate = Options.Number("--learning-rate", "The highest learning rate. Default: one that fits the model's size.");
    private readonly Option<int?> _tokens = Options.Count("--max-tokens", "The most tokens of a row. Default: what the model reads.");
    private readonly Option<double?> _heldOut = Options.Number("--validation-fraction", "The share of rows held out to choose the best weights by.");
    private readonly Option<int?> _lora = Options.Count("--lora", "Train a low-rank adapter of this rank in the place of all weights.");
    private readonly Option<bool> _head = new("--head-only") { Description = "Train the new head alone." };
    private readonly Option<HeadStart?> _headStart = Options.Choice<HeadStart>("--head-start", "The head that training begins with; Family for a classifier that goes to Hugging Face's library.");
    private readonly Option<Precision?> _precision = Options.Choice<Precision>("--precision", "The number type of matrix products.");
    private readonly Option<string?> _device = Options.Text("--device", "auto, cpu, cuda, cuda:1 or mps. Default auto.");
    private readonly Option<int?> _seed = Options.Count("--seed", "The seed. Default 1.");

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command command)
    {
        Option[] all = [_model, _coefficient, _variant, _layers, _centering, _tau, _epochs, _steps, _batch, _accumulate, _rate, _tokens, _heldOut, _lora, _head, _headStart, _precision, _device, _seed];
        foreach (Option option in all)
        {
            command.Options.Add(option);
        }
    }

    public int Seed(CommandContext context) => context.Get(_seed) ?? 1;

    public ModelSource Backbone(CommandContext context) => ModelPlace.Find(context, context.Get(_model));

    /// <summary>The library's options.</summary>
    public FineTuneOptions Read(CommandContext context, IProgress<TrainingProgress>? progress)
    {
        var options = new FineTuneOptions
        {
            Epochs = context.Get(_epochs),
            MaxSteps = context.Get(_steps),
            LearningRate = context.Get(_rate),
            MaxSequenceLength = context.Get(_tokens),
            ValidationFraction = context.Get(_heldOut),
            HeadOnly = context.Get(_head),
            Lora = context.Get(_lora) is { } rank ? new LoraOptions { Rank = rank, Alpha = rank } : null,
            Device = context.Get(_device) ?? "auto",
            Seed = Seed(context),
            Progress = progress,
            CancellationToken = context.Cancellation,
        };
        options.Dispersion.Coefficient = context.Get(_coefficient) ?? options.Dispersion.Coefficient;
        options.Dispersion.Variant = context.Get(_variant) ?? options.Dispersion.Variant;
        options.Dispersion.Layers = context.Get(_layers) ?? options.Dispersion.Layers;
        options.Dispersion.Centering = context.Get(_centering) ?? options.Dispersion.Centering;
        options.Dispersion.TauCos = options.Dispersion.TauL2 = context.Get(_tau) ?? options.Dispersion.TauCos;
        options.MicroBatchSize = context.Get(_batch) ?? options.MicroBatchSize;
        options.GradientAccumulationSteps = context.Get(_accumulate) ?? options.GradientAccumulationSteps;
        options.HeadStart = context.Get(_headStart) ?? options.HeadStart;
        options.Precision = context.Get(_precision) ?? options.Precision;
        options.Validate();
        return options;
    }
}
