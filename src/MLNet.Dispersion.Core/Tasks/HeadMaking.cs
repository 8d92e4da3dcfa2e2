namespace MLNet.Dispersion;

/// <summary>Gives a fitted model the head that its options ask for.</summary>
internal static class HeadMaking
{
    private const string Cure = "Use HeadStart.Linear or HeadStart.Family, which begin with a new head.";

    /// <summary>Makes the head, or takes the model's own; in the first case a head that came with the files goes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How to train.</param>
    /// <param name="wanted">Names and meaning of the numbers; no names where the caller has none.</param>
    /// <param name="outputCount">Numbers a text (K).</param>
    /// <param name="saved">A head that lies beside the model's weights, to go on from; null for none.</param>
    /// <exception cref="ArgumentException">There is no such head, or it is for other labels.</exception>
    internal static ScoreHead Make(PretrainedLanguageModel model, FineTuneOptions options, HeadLabels wanted, int outputCount, SavedHead? saved)
    {
        if (saved is not null)
        {
            return saved.Read(model, wanted, outputCount);
        }

        RefuseAdapterOnly(options);

        if (options.HeadStart != HeadStart.Linear && options.Pooling is not (null or TextPooling.Family))
        {
            throw new ArgumentException($"FineTuneOptions.HeadStart is {options.HeadStart}, whose head reads what its family's does, and FineTuneOptions.Pooling is {options.Pooling}: leave Pooling null, or use HeadStart.Linear.", nameof(options));
        }

        switch (options.HeadStart)
        {
            case HeadStart.Pretrained:
                return new ScoreHead(OfSameLabels(model, wanted, outputCount));
            case HeadStart.Family:
                HeadLabels named = wanted.Names.Count > 0 ? wanted : wanted with { Names = HeadLabels.Default(outputCount) };
                try
                {
                    model.ReplaceHead(PretrainedHead.Create(model.Backbone, named, options.Seed ?? 0));
                }
                catch (NotSupportedException e)
                {
                    throw new ArgumentException($"FineTuneOptions.HeadStart is Family: {e.Message} Use HeadStart.Linear.", nameof(options), e);
                }

                return new ScoreHead(model.Head!);
            default:
                model.ReplaceHead(null);
                return ScoreHead.Create(model.Backbone.Info.FinalSize, outputCount, options.Seed ?? 0, model.Device, options.Pooling ?? TextPooling.Family);
        }
    }

    /// <summary>Refuses to save an adapter alone where the head lies among the model's weights.</summary>
    internal static void RefuseAdapterOnly(FineTuneOptions options)
    {
        if (options.HeadStart != HeadStart.Linear && options.Lora?.Saving == AdapterSaving.AdapterOnly)
        {
            throw new ArgumentException($"FineTuneOptions.HeadStart is {options.HeadStart}, and LoraOptions.Saving is AdapterOnly, which would leave out the layers of such a head: use AdapterSaving.Everything.", nameof(options));
        }
    }

    /// <summary>The head that came with a model, which must be for whole texts and give what is asked for.</summary>
    /// <param name="model">The model.</param>
    /// <param name="problem">What its numbers must mean.</param>
    /// <param name="cure">What to do otherwise: a whole sentence.</param>
    /// <exception cref="ArgumentException">It is another, or there is none.</exception>
    internal static PretrainedHead Require(PretrainedLanguageModel model, ProblemType problem, string cure)
    {
        string? found = model.Head switch
        {
            null => "hold no head",
            { Task: not HeadTask.Sequence } other => $"hold a head for {other.Task}, not for whole texts",
            { ProblemType: var type } when type != problem => $"hold a head whose problem type is {type}, not {problem}",
            _ => null,
        };
        return found is null ? model.Head! : throw new ArgumentException($"The files of {model.Name} {found}. {cure}", nameof(model));
    }

    /// <summary>Checks that a head that came with a model is for the labels of the rows.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="labels">Those of the head; empty where nobody gave any, and their number alone counts.</param>
    /// <param name="outputs">How many the head has.</param>
    /// <param name="wanted">Those of the rows; no names where the caller has none.</param>
    /// <param name="outputCount">How many the rows have.</param>
    /// <exception cref="ArgumentException">It is for others.</exception>
    internal static void RequireSameLabels(string model, IReadOnlyList<string> labels, int outputs, HeadLabels wanted, int outputCount)
    {
        bool areNamed = wanted.Names.Count > 0 && labels.Count > 0;
        if (outputs != outputCount || (areNamed && !labels.ToHashSet().SetEquals(wanted.Names)))
        {
            string own = labels.Count > 0 ? Printable.FirstTen([.. labels]) : $"{outputs} labels", rows = wanted.Names.Count > 0 ? Printable.FirstTen([.. wanted.Names]) : $"{outputCount} labels";
            throw new ArgumentException($"FineTuneOptions.HeadStart is Pretrained, but the head of {model} is for {own} ({outputs}), and the rows have {rows} ({outputCount}). {Cure}", nameof(wanted));
        }
    }

    private static PretrainedHead OfSameLabels(PretrainedLanguageModel model, HeadLabels wanted, int outputCount)
    {
        PretrainedHead head = Require(model, wanted.Problem!.Value, "FineTuneOptions.HeadStart is Pretrained. " + Cure);
        RequireSameLabels(model.Name, head.Labels, head.OutputCount, wanted, outputCount);
        if (wanted.Names.Count > 0 && !head.Labels.SequenceEqual(wanted.Names))
        {
            head.Reorder(wanted.Names);
        }

        return head;
    }
}
