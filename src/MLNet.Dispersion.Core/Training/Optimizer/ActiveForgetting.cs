using System.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Resets the token embeddings at the steps that <see cref="ActiveForgettingOptions"/> ask for.</summary>
/// <remarks>Without state of its own: what happens before a step follows from the seed and the number of steps done, so a resumed run does what an uninterrupted one would.</remarks>
internal sealed class ActiveForgetting
{
    private readonly LanguageBackbone _backbone;
    private readonly TrainingOptimizer _optimizer;
    private readonly Parameter _table;
    private readonly string _name;
    private readonly ActiveForgettingOptions _options;
    private readonly double _range;
    private readonly double _peak;
    private readonly int _totalSteps;
    private readonly int _seed;

    private ActiveForgetting(LanguageBackbone backbone, Parameter table, TrainingOptimizer optimizer, FineTuneOptions options, LearningRateSchedule schedule, int lastReset)
    {
        _options = options.ActiveForgetting!;
        _backbone = backbone;
        _optimizer = optimizer;
        _table = table;
        _name = backbone.named_parameters().First(pair => ReferenceEquals(pair.parameter, table)).name;
        _range = _options.InitializerRange ?? InitializerRange(backbone);
        _peak = _options.PeakLearningRate ?? schedule.Peak;
        _totalSteps = schedule.TotalSteps;
        _seed = options.Seed ?? 0;
        LastReset = lastReset;
    }

    /// <summary>After how many steps the last reset comes.</summary>
    internal int LastReset { get; }

    /// <summary>Null when the options ask for none.</summary>
    /// <exception cref="ArgumentException">The table is not trained, or no reset would ever take place.</exception>
    internal static ActiveForgetting? Create(LanguageBackbone backbone, TrainingOptimizer optimizer, FineTuneOptions options, LearningRateSchedule schedule)
    {
        if (options.ActiveForgetting is not { } forgetting)
        {
            return null;
        }

        const string name = $"{nameof(FineTuneOptions)}.{nameof(FineTuneOptions.ActiveForgetting)}";
        if (backbone.TokenEmbeddingWeight is not { } table || !optimizer.Optimises(table))
        {
            throw new ArgumentException($"{name} resets the token embeddings, but training leaves those of this backbone ({backbone.Info.ModelType}) as they are. Train all weights of a built-in architecture, or set it to null.", nameof(options));
        }

        // Not after the last step of all: the model that comes out would have learned nothing.
        int totalSteps = schedule.TotalSteps;
        int active = Math.Min((int)(forgetting.ActiveShare * totalSteps), totalSteps - 1);
        int last = active - (active % forgetting.EverySteps);
        return last > 0
            ? new ActiveForgetting(backbone, table, optimizer, options, schedule, last)
            : throw new ArgumentException(
                FormattableString.Invariant($"{name}.EverySteps is {forgetting.EverySteps}, but resets take place in the first {active} of the {totalSteps} planned steps only, so none ever would. Set it to at most {Math.Max(1, active)}, train for longer, or set {name} to null."), nameof(options));
    }

    /// <summary>Resets the embeddings where a step that is about to begin is the first after K, 2 K, ... others.</summary>
    /// <param name="done">Optimizer steps done.</param>
    internal void BeforeStep(int done)
    {
        int origin = Math.Min(done - (done % _options.EverySteps), LastReset);
        if (origin == done && done > 0)
        {
            using Generator generator = SeedStream.TorchGenerator(SeedMixer.Mix(_seed, done), SeedStream.EmbeddingReset, _table.device);
            BackboneWeights.Draw(_backbone, _name, _table, _range, generator);
            if (_options.ZeroPadRow && _backbone.Info.PadTokenId is { } pad)
            {
                using var noGradient = no_grad();
                using Tensor row = _table[pad];
                row.zero_();
            }

            _optimizer.ClearMoments(_table);
        }

        _optimizer.CountFrom(_table, origin);
        if (_options.OwnSchedule)
        {
            _optimizer.SetRate(_table, OwnRate(done));
        }
    }

    /// <summary>The embeddings' learning rate of a step, by <see cref="ActiveForgettingOptions.OwnSchedule"/>.</summary>
    /// <param name="done">Steps done before it.</param>
    internal double OwnRate(int done)
    {
        // The reference counts the step that is being done, and does whole rounds only.
        int warmup = (int)(_totalSteps * _options.WarmupRatio);
        int place = (int)((done + 1L) * (_totalSteps / _options.EverySteps) % _totalSteps);
        return place < warmup ? _peak * place / warmup : _peak * (_totalSteps - place) / (_totalSteps - warmup);
    }

    private static double InitializerRange(LanguageBackbone backbone) => backbone.Config is { } config
        ? BackboneRegistry.InitializerRange(ConfigReader.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), "config.json"))
        : 0.02;
}
