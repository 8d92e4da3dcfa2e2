using FreshProcessLoad;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.TaskTable;

/// <summary>A task's rows with a tiny decoder that was trained on them for two steps.</summary>
internal sealed class FittedTask : IDisposable
{
    internal static readonly string[] Texts = ["a cat", "refund my money again", "five", "horse mouse sheep please"];
    private readonly IEstimator<ITransformer> _estimator;

    internal FittedTask(TaskCase task)
    {
        Case = task;
        Data = task.Rows(Ml, 12, 1);
        _estimator = Estimator();
        Model = _estimator.Fit(Data);
    }

    internal MLContext Ml { get; } = new(seed: 1);

    internal TaskCase Case { get; }

    internal IDataView Data { get; }

    internal ITransformer Model { get; }

    /// <summary>The task's estimator; without a backbone the tiny decoder's.</summary>
    internal IEstimator<ITransformer> Estimator(Action<FineTuneOptions>? set = null, ModelSource? backbone = null, bool embedded = false)
    {
        FineTuneOptions options = Tuning.Brief();
        options.Seed = 3;
        set?.Invoke(options);
        return Case.Estimator(Ml, embedded ? null : backbone ?? TinyBackbone.Backbone, options);
    }

    /// <summary>What a model gives to a few texts, one line each from Transform, then one from an engine.</summary>
    internal string[] Lines(ITransformer model) => Scoring.Lines(Ml, Whole(model), Texts, Case.Kind);

    /// <summary>Saves a model with what stands behind it.</summary>
    internal void Save(ITransformer model, string path)
    {
        using FileStream stream = File.Create(path);
        Ml.Model.Save(Whole(model), Data.Schema, stream);
    }

    /// <inheritdoc/>
    public void Dispose() => ((IDisposable)Model).Dispose();

    private ITransformer Whole(ITransformer model) => Case.Behind is { } behind ? new TransformerChain<ITransformer>(model, behind(Ml, model.Transform(Data))) : model;
}
