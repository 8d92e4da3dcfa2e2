using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Gives a model a head on each token.</summary>
internal static class TokenHeads
{
    /// <summary>Makes the head that the options ask for, or takes the model's own.</summary>
    /// <param name="model">The model; a new head of the family's own kind becomes its own.</param>
    /// <param name="options">How to train.</param>
    /// <param name="task">What the head is for.</param>
    /// <param name="labels">Names of the numbers of a token; none for spans.</param>
    /// <param name="outputs">Numbers a token (K).</param>
    /// <exception cref="ArgumentException">There is no such head, or it is for other labels, or an option has no use.</exception>
    internal static PretrainedHead Make(PretrainedLanguageModel model, FineTuneOptions options, HeadTask task, HeadLabels labels, int outputs)
    {
        HeadMaking.RefuseAdapterOnly(options);
        if (options.Pooling is { } pooling)
        {
            throw new ArgumentException($"FineTuneOptions.Pooling is {pooling}, but a head for {task} reads every token by itself. Leave it null.", nameof(options));
        }

        switch (options.HeadStart)
        {
            case HeadStart.Pretrained:
                return OfLabels(Require(model, task, "FineTuneOptions.HeadStart is Pretrained. Use HeadStart.Linear or HeadStart.Family, which begin with a new head."), labels);
            case HeadStart.Family:
                HeadSpec spec = model.Backbone.Heads.FirstOrDefault(head => head.Task == task)
                    ?? throw new ArgumentException($"FineTuneOptions.HeadStart is Family, but Hugging Face's library has no head for {task} of {model.Backbone.Info.ModelType}. Use HeadStart.Linear.", nameof(options));
                model.ReplaceHead(PretrainedHead.Create(model.Backbone, spec, labels, outputs, options.Seed ?? 0));
                return model.Head!;
            default:
                model.ReplaceHead(null);
                return Linear(model.Backbone, task, labels, outputs, options.Seed ?? 0);
        }
    }

    /// <summary>A new linear layer on each token, which the caller owns: as the family's own, without its dropout, where that is one layer.</summary>
    internal static PretrainedHead Linear(LanguageBackbone backbone, HeadTask task, HeadLabels labels, int outputs, int seed)
    {
        HeadSpec own = backbone.Heads.FirstOrDefault(head => head.Task == task && head.Layers.Count == 0) ?? new HeadSpec { Task = task, Output = "score" };
        return PretrainedHead.Create(backbone, own with { Dropout = 0 }, labels, outputs, seed);
    }

    /// <summary>The head that came with a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="task">What it must be for.</param>
    /// <param name="cure">What to do otherwise: whole sentences.</param>
    /// <exception cref="ArgumentException">It is another, or there is none.</exception>
    internal static PretrainedHead Require(PretrainedLanguageModel model, HeadTask task, string cure) => model.Head is { } head && head.Task == task
        ? head
        : throw new ArgumentException($"The files of {model.Name} hold {(model.Head is { } other ? $"a head for {other.Task}" : "no head")}, and one for {task} is asked for. {cure}", nameof(model));

    /// <summary>Writes a head as Hugging Face's library reads it.</summary>
    /// <exception cref="NotSupportedException">The family's own head is of another kind.</exception>
    internal static void SavePretrained(FittedTokens fitted, string directory, ModelSaveOptions? options)
    {
        if (!IsFamilys(fitted))
        {
            LanguageBackbone backbone = fitted.Model.Backbone;
            HeadTask task = fitted.Head.Task;
            throw new NotSupportedException($"The model's head is one linear layer, and Hugging Face's library has {(backbone.Heads.Any(head => head.Task == task) ? "a head of more layers" : "none")} for {task} of {backbone.Info.ModelType}. Train with FineTuneOptions.HeadStart = HeadStart.Family where the family has such a head.");
        }

        fitted.Model.SaveWith(fitted.Head, directory, options);
    }

    /// <summary>Writes all files of a saved directory but those of weights.</summary>
    internal static void SaveWithoutWeights(FittedTokens fitted, FileSink sink, string? directory) =>
        fitted.Model.WriteWithoutWeights(sink, fitted.Head.LabelsAndProblem, IsFamilys(fitted) ? fitted.Head : null, sentence: null, directory, fitted.Head.Task);

    /// <summary>The weights of a head under their names.</summary>
    internal static IReadOnlyList<KeyValuePair<string, Tensor>> Weights(PretrainedHead head) => [.. head.Parameters.Select(pair => new KeyValuePair<string, Tensor>(pair.Name, pair.Parameter))];

    /// <summary>A head that knows the tags of the rows.</summary>
    /// <exception cref="ArgumentException">It does not know them all.</exception>
    internal static PretrainedHead OfLabels(PretrainedHead head, HeadLabels labels)
    {
        string[] unknown = [.. labels.Names.Except(head.Labels)];
        return unknown.Length == 0
            ? head
            : throw new ArgumentException($"FineTuneOptions.HeadStart is Pretrained, but the rows have {Printable.FirstTen(unknown)}, which the model's head does not know: it has {Printable.FirstTen([.. head.Labels])}. Use HeadStart.Linear or HeadStart.Family, which begin with a new head.", nameof(labels));
    }

    /// <summary>Whether Hugging Face's library has such a head of the family.</summary>
    private static bool IsFamilys(FittedTokens fitted) =>
        fitted.Model.Backbone.Heads.Any(head => head.Task == fitted.Head.Task && head.Output == fitted.Head.Spec.Output && head.Layers.Count == fitted.Head.Spec.Layers.Count);
}
