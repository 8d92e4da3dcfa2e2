namespace MLNet.Dispersion;

/// <summary>A head that this library saved beside a model's weights, from which training goes on.</summary>
/// <param name="Files">The kind of model that it belongs to.</param>
/// <param name="Source">Its files.</param>
/// <param name="Pooling">How a text's tokens become the vector that it reads.</param>
/// <param name="OutputCount">Numbers a text (K).</param>
/// <param name="Labels">Their names; empty where nobody gave any.</param>
internal sealed record SavedHead(HeadFiles Files, FileSource Source, TextPooling Pooling, int OutputCount, IReadOnlyList<string> Labels)
{
    /// <summary>The head of a saved model, where it does not lie among the model's weights.</summary>
    /// <param name="files">The kind of model.</param>
    /// <param name="source">Its files.</param>
    /// <param name="settings">What they say; null where training begins with another head.</param>
    /// <param name="outputCount">Numbers a text (K).</param>
    /// <param name="labels">Their names; null where nobody gave any.</param>
    internal static SavedHead? Of(HeadFiles files, FileSource source, IHeadSettings? settings, int outputCount, IReadOnlyList<string>? labels = null) =>
        settings is null || files.HoldOwnHead(source) ? null : new(files, source, settings.Pooling, outputCount, labels ?? []);

    /// <summary>Reads it, its rows in the order of the labels that are wanted.</summary>
    /// <exception cref="ArgumentException">It is for other labels.</exception>
    internal ScoreHead Read(PretrainedLanguageModel model, HeadLabels wanted, int outputCount)
    {
        HeadMaking.RequireSameLabels(model.Name, Labels, OutputCount, wanted, outputCount);
        ScoreHead head = Files.ReadHead(Source, OutputCount, model.Backbone.Info.FinalSize, Pooling, model.Device);
        if (Labels.Count > 0 && wanted.Names.Count > 0 && !Labels.SequenceEqual(wanted.Names))
        {
            head.Reorder([.. wanted.Names.Select(name => (long)Labels.Index().First(label => label.Item == name).Index)]);
        }

        return head;
    }

    /// <summary>The pooling that a head reads by, which the options must not name another of.</summary>
    /// <exception cref="ArgumentException">They do.</exception>
    internal static TextPooling? PoolingFor(FineTuneOptions options, TextPooling? saved) => saved is null || options.Pooling is null || options.Pooling == saved
        ? saved
        : throw new ArgumentException($"FineTuneOptions.Pooling is {options.Pooling}, and the head that training goes on from reads {saved}: leave Pooling null, or begin with a new head (HeadStart.Linear).", nameof(options));
}
