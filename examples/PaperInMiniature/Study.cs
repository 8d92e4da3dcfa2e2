namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>The trainings of the miniature. Each has a folder of its own and goes on from its last checkpoint, so the same command ends what an interrupted one began.</summary>
internal sealed class Study
{
    private const string EndOfText = "<|endoftext|>";
    private const string ModelName = "model";
    private readonly MiniatureSize _size;
    private readonly string _folder;
    private readonly Measuring _measuring;
    private readonly TextTokenizer _tokenizer;
    private readonly int[][] _pretrainingBlocks;
    private readonly int[][] _midTrainingBlocks;
    private readonly string[] _probeTexts;
    private readonly CancellationToken _cancellation;

    /// <summary>Learns the vocabulary and packs the texts.</summary>
    public Study(MiniatureSize size, Corpus corpus, string folder, Func<int, Measuring> measuring, CancellationToken cancellation)
    {
        _size = size;
        _folder = folder;
        _cancellation = cancellation;
        _tokenizer = ByteLevelBpeTrainer.Train(corpus.Pretraining, size.Vocabulary, [EndOfText], cancellationToken: cancellation);
        _pretrainingBlocks = Pack(corpus.Pretraining);
        _midTrainingBlocks = Pack(corpus.MidTraining);
        _probeTexts = [.. corpus.HeldOut.Take(16)];
        _measuring = measuring(size.Context);
    }

    /// <summary>Optimizer steps of the whole study.</summary>
    public static int Steps(MiniatureSize size, int replications) => replications * (((size.Widths.Count + Arm.FromRandomWeights.Count) * size.PretrainingSteps) + (Arm.OfMidTraining.Count * size.MidTrainingSteps));

    /// <summary>Measures one model of random weights.</summary>
    public InitialOutcome Initialise(InitialShape shape, int width, int seed) => _measuring.MeasureInitial(
        shape, width, FolderOf(FormattableString.Invariant($"initial-{shape.Layers}x{shape.Features}-{width}"), seed), () => shape.CreateModel(width, _tokenizer, seed));

    /// <summary>Pre-trains one model from random weights; all widths of a replication begin with the same seed, and all models see the same blocks.</summary>
    public Outcome Pretrain(int width, int seed, IProgress<TrainingProgress> progress) =>
        Pretrain(FormattableString.Invariant($"width {width}"), width, PretrainingFolder(width, seed), seed, progress, _ => { });

    /// <summary>Pre-trains the small model in another way than the plain one, from the same random weights. Its large sibling must have been pre-trained.</summary>
    public Outcome Pretrain(Arm arm, int seed, IProgress<TrainingProgress> progress) =>
        Pretrain($"{arm.Name}, from random weights", _size.Widths[0], $"{PretrainingFolder(_size.Widths[0], seed)}-{arm.Folder}", seed, progress, options => arm.Set(options, ModelFolder(_size.Widths[^1], seed)));

    /// <summary>Mid-trains the small model of a replication in one way.</summary>
    public Outcome MidTrain(Arm arm, int seed, IProgress<TrainingProgress> progress)
    {
        string folder = FolderOf(FormattableString.Invariant($"midtrain-{arm.Folder}-{_size.MidTrainingSteps}x{_size.BlocksPerStep}"), seed);
        using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(ModelFolder(_size.Widths[0], seed)));
        FineTuneOptions options = Options(folder, _size.MidTrainingSteps, _size.MidTrainingRate, seed, progress);
        arm.Set(options, ModelFolder(_size.Widths[^1], seed));
        FineTuneResult result = LanguageModelTrainer.Train(model, _midTrainingBlocks, options);
        return _measuring.Measure(arm.Name, folder, model, result.GeometryHistory);
    }

    private Outcome Pretrain(string name, int width, string folder, int seed, IProgress<TrainingProgress> progress, Action<FineTuneOptions> set)
    {
        using PretrainedLanguageModel model = _size.Shape.CreateModel(width, _tokenizer, seed);
        FineTuneOptions options = Options(folder, _size.PretrainingSteps, _size.PretrainingRate, seed, progress);
        set(options);
        FineTuneResult result = LanguageModelTrainer.Train(model, _pretrainingBlocks, options);
        if (!File.Exists(Path.Combine(folder, ModelName, "config.json")))
        {
            model.Save(Path.Combine(folder, ModelName));
        }

        return _measuring.Measure(name, folder, model, result.GeometryHistory);
    }

    private FineTuneOptions Options(string folder, int steps, double rate, int seed, IProgress<TrainingProgress> progress)
    {
        int tokensPerStep = _size.BlocksPerStep * _size.Context;
        FineTuneOptions options = FineTuneOptions.PaperMidTraining(
            coefficient: 0, microBatchSize: _size.BlocksPerStep, contextLength: _size.Context, tokens: (long)steps * tokensPerStep, tokensPerStep: tokensPerStep);
        options.LearningRate = rate;
        options.Seed = seed;
        options.Progress = progress;
        options.CancellationToken = _cancellation;
        options.GeometryProbe = new GeometryProbeOptions { Texts = _probeTexts, EverySteps = Math.Max(1, steps / 10), MaxTokens = _size.Context };
        options.Checkpoints = new CheckpointOptions { Directory = Path.Combine(folder, "checkpoints"), EverySteps = Math.Max(50, steps / 4), Keep = 1 };
        return options;
    }

    private int[][] Pack(IEnumerable<string> texts) =>
        [.. new TextPacker(_size.Context, _tokenizer.EosTokenId!.Value).Pack(texts.Select(text => _tokenizer.Encode(text).Ids))];

    private string FolderOf(string training, int seed) => Path.Combine(_folder, $"replication-{seed}", training);

    /// <summary>Named by the range of the initial weights and the steps as well: runs of others are none of this study's.</summary>
    private string PretrainingFolder(int width, int seed) => FolderOf(FormattableString.Invariant($"pretrain-{width}-std{_size.Shape.InitializerRange:0.###}-{_size.PretrainingSteps}x{_size.BlocksPerStep}"), seed);

    private string ModelFolder(int width, int seed) => Path.Combine(PretrainingFolder(width, seed), ModelName);
}
