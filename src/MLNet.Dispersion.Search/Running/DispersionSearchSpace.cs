namespace MLNet.Dispersion;

/// <summary>The names under which a search knows options of fine-tuning, a space of them, and how sampled values become options.</summary>
public static class DispersionSearchSpace
{
    /// <summary>Whether the dispersion loss is on (truth value): false makes its coefficient 0.</summary>
    public const string Dispersion = "dispersion";

    /// <summary><see cref="DispersionOptions.Coefficient"/> (number; 0 is allowed in a uniform range).</summary>
    public const string Coefficient = "coefficient";

    /// <summary><see cref="DispersionOptions.Layers"/> (its names).</summary>
    public const string Layers = "layers";

    /// <summary><see cref="DispersionOptions.Variant"/> (its names).</summary>
    public const string Variant = "variant";

    /// <summary><see cref="DispersionOptions.TauCos"/> (number).</summary>
    public const string Tau = "tau";

    /// <summary><see cref="FineTuneOptions.LearningRate"/> (number).</summary>
    public const string LearningRate = "learning rate";

    /// <summary><see cref="FineTuneOptions.Epochs"/> (integer).</summary>
    public const string Epochs = "epochs";

    /// <summary><see cref="LoraOptions.Rank"/> (integer): its presence switches <see cref="FineTuneOptions.Lora"/> on, with alpha twice the rank.</summary>
    public const string LoraRank = "LoRA rank";

    /// <summary>What is trained (word): <see cref="AllWeights"/> or <see cref="Lora"/>.</summary>
    public const string Trained = "trained";

    /// <summary>A value of <see cref="Trained"/>: all weights.</summary>
    public const string AllWeights = "all weights";

    /// <summary>A value of <see cref="Trained"/>: a LoRA adapter, of <see cref="LoraRank"/>.</summary>
    public const string Lora = "LoRA";

    /// <summary>
    /// Gets a space for small backbones: dispersion on or off; where it is on, coefficient 0.01..1 (logarithmic), layers (all, last), variant (angular spread, orthogonalization), with angular spread, the one that reads it, tau 0.25..4 (logarithmic);
    /// learning rate 1e-5..2e-3 (logarithmic), epochs 1..5, all weights or LoRA of rank 4..32 (logarithmic). Take parameters out with <see cref="SearchSpace.Without"/> (with the variant goes tau, which depends on it), add others of your own.
    /// </summary>
    public static SearchSpace Default { get; } = Space(sub => sub.When(Variant, DispersionVariant.AngularSpread, spread => spread.LogUniform(Tau, 0.25, 4)));

    /// <summary>The default space of version 0.1.0, in which tau took part with every variant: searches that it began go on.</summary>
    internal static SearchSpace Former { get; } = Space(sub => sub.LogUniform(Tau, 0.25, 4));

    /// <summary>Writes sampled values into options: those with one of this class's names; others are left to the pipeline.</summary>
    /// <param name="parameters">The values.</param>
    /// <param name="options">The options, which are changed.</param>
    /// <exception cref="InvalidCastException">A value has another type than its name asks for; the message names it.</exception>
    /// <exception cref="ArgumentException">A word is none of its enumeration's.</exception>
    public static void Apply(ParameterSet parameters, FineTuneOptions options)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(options);
        DispersionOptions dispersion = options.Dispersion;
        dispersion.Coefficient = parameters.Has(Coefficient) ? parameters.GetDouble(Coefficient) : dispersion.Coefficient;
        dispersion.Layers = parameters.Has(Layers) ? parameters.GetEnum<LayerSelection>(Layers) : dispersion.Layers;
        dispersion.Variant = parameters.Has(Variant) ? parameters.GetEnum<DispersionVariant>(Variant) : dispersion.Variant;
        dispersion.TauCos = parameters.Has(Tau) ? parameters.GetDouble(Tau) : dispersion.TauCos;
        if (parameters.Has(Dispersion) && !parameters.GetBoolean(Dispersion))
        {
            dispersion.Coefficient = 0;
        }

        options.LearningRate = parameters.Has(LearningRate) ? parameters.GetDouble(LearningRate) : options.LearningRate;
        options.Epochs = parameters.Has(Epochs) ? parameters.GetInteger(Epochs) : options.Epochs;
        if (parameters.Has(LoraRank))
        {
            options.Lora = new LoraOptions { Rank = parameters.GetInteger(LoraRank), Alpha = 2 * parameters.GetInteger(LoraRank) };
        }
    }

    private static SearchSpace Space(Func<SearchSpace, SearchSpace> tau) => SearchSpace.Empty
        .LogUniform(LearningRate, 1e-5, 2e-3)
        .Integer(Epochs, 1, 5)
        .Choice(Dispersion, true, false)
        .When(Dispersion, true, sub => tau(sub
            .LogUniform(Coefficient, 0.01, 1)
            .Choice(Layers, LayerSelection.All, LayerSelection.Last)
            .Choice(Variant, DispersionVariant.AngularSpread, DispersionVariant.Orthogonalization)))
        .Choice(Trained, AllWeights, Lora)
        .When(Trained, Lora, sub => sub.LogInteger(LoraRank, 4, 32));
}
