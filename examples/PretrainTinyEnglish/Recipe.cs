namespace MLNet.Dispersion.Examples.PretrainTinyEnglish;

/// <summary>What TinyEnglish is: the size of the network, its vocabulary, and how it was trained.</summary>
internal sealed record Recipe(int Steps, double Coefficient, int Seed)
{
    public const int VocabularySize = 8192;
    public const int ContextLength = 512;
    public const int BlocksPerStep = 4;

    /// <summary>Steps between two saved states.</summary>
    public const int SaveEvery = 500;
    private const int HiddenSize = 256;
    private const int LayerCount = 5;
    private const int HeadCount = 4;

    /// <summary>Books that training never sees, for the perplexity figures.</summary>
    public static readonly string[] HeldOut = ["pg35", "pg14474"];

    /// <summary>The network.</summary>
    public static Gpt2Shape Shape => new(LayerCount, HiddenSize, HeadCount, ContextLength);

    /// <summary>The fine-tuning options of the run, which starts from random weights.</summary>
    public FineTuneOptions Options(IProgress<TrainingProgress> progress, string? run, CancellationToken cancellationToken) => new()
    {
        Epochs = 1000,
        MaxSteps = Steps,
        MicroBatchSize = BlocksPerStep,
        LearningRate = 2e-3,
        WarmupRatio = 0.05,
        WeightDecay = 0.1,
        ValidationFraction = 0,
        Precision = Precision.Auto,
        Dispersion = new DispersionOptions { Coefficient = Coefficient },
        Seed = Seed,
        Progress = progress,
        Checkpoints = run is null ? null : new CheckpointOptions { Directory = run, EverySteps = SaveEvery, Keep = 1 },
        CancellationToken = cancellationToken,
    };
}
