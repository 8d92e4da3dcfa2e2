using System.Diagnostics;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Makes a <see cref="CondensationReport"/> of a model that need not fit in memory: all texts through one layer, then all through the next.</summary>
internal sealed class LayerwiseMeasurement
{
    private readonly FileSource _files;
    private readonly CondensationReportOptions _options;
    private readonly CondensationFigures _figures;
    private readonly IReadOnlyList<SampledText> _texts;
    private readonly int _states;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _complete;
    private long _done;

    private LayerwiseMeasurement(FileSource files, IReadOnlyList<SampledText> texts, CondensationFigures figures, int states, CondensationReportOptions options) =>
        (_files, _texts, _figures, _states, _options) = (files, texts, figures, states, options);

    /// <summary>Measures a model.</summary>
    /// <param name="model">Its files.</param>
    /// <param name="texts">Enumerated once.</param>
    /// <param name="options">Checked, and nobody else's.</param>
    internal static CondensationReport Run(ModelSource model, IEnumerable<string?> texts, CondensationReportOptions options)
    {
        FileSource files = model.Source;
        if (PeftFiles.AreIn(files))
        {
            throw new ModelFileException(files.Name, "The files hold a low-rank adapter, and layers are read one by one only of a model without one. Save it merged (PretrainedLanguageModel.Save without ModelSaveOptions.Adapter) and measure that, or do not set CondensationReportOptions.LayerByLayer.");
        }

        TorchRuntime.EnsureLoaded();
        BackboneInfo info = BackboneRegistry.InfoOf(files);
        options.ValidateFor(info.ContextLength);
        var sampler = new TextSampler(TextTokenizer.Load(files), options, Math.Min(options.MaxTokens, info.ContextLength));
        IEnumerable<SampledText> sample = sampler.Sample(texts);
        int most = CondensationMeasurement.MostTexts(sample, texts, options);
        SampledText[] held = [.. sample];
        int total = held.Length < CondensationMeasurement.LookAhead ? held.Length : most;
        using var figures = new CondensationFigures(info.LayerCount + 1, options);
        var measurement = new LayerwiseMeasurement(files, held, figures, info.LayerCount + 1, options);
        for (int next = 0; next < held.Length;)
        {
            int count = measurement.TextsFrom(next, info);
            measurement.AddGroup(next, count, total);
            next += count;
        }

        return figures.ToReport(model.Name, sampler.ShortTexts);
    }

    /// <summary>How many texts from one on have states that fit together.</summary>
    private int TextsFrom(int first, BackboneInfo info)
    {
        long bytes = 0;
        int count = 0;
        while (first + count < _texts.Count)
        {
            bytes += (long)_texts[first + count].Ids.Length * Math.Max(info.HiddenSize, info.FinalSize) * sizeof(float);
            if (count > 0 && bytes > _options.MaxStateBytes)
            {
                break;
            }

            count++;
        }

        return count;
    }

    private void AddGroup(int first, int count, int total)
    {
        using var scope = NewDisposeScope();
        Tensor[] ids = new Tensor[count];
        for (int i = 0; i < count; i++)
        {
            SampledText text = _texts[first + i];
            _figures.Begin(text, CondensationMeasurement.IsSpread(first + i, total, _options.SpectrumTexts));
            ids[i] = TokenBatch.Pad([text.Ids], padId: 0).InputIdsTensor(CPU);
        }

        BackboneRegistry.RunLayers(_files, ids, (hiddenState, text, state) =>
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            _figures.AddState(_texts[first + text], hiddenState, state);
            Report(hiddenState);
        });
    }

    private void Report(int hiddenState)
    {
        _done++;
        _complete += hiddenState == _states - 1 ? 1 : 0;
        double share = (double)_done / ((long)_texts.Count * _states);
        TimeSpan elapsed = _clock.Elapsed;
        _options.Progress?.Report(new CondensationProgress { Texts = _complete, TotalTexts = _texts.Count, HiddenState = hiddenState, Share = share, Elapsed = elapsed, Remaining = elapsed * ((1 - share) / share) });
    }
}
