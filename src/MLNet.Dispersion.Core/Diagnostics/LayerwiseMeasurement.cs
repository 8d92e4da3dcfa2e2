using System.Diagnostics;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Makes a <see cref="CondensationReport"/> of a model that need not fit in memory: all texts through one layer, then all through the next.</summary>
internal sealed class LayerwiseMeasurement
{
    private readonly FileSource _files;
    private readonly CondensationReportOptions _options;
    private readonly BackboneInfo _info;
    private readonly bool _isCausal;
    private readonly TextTokenizer _tokenizer;
    private readonly Stopwatch _clock = new();
    private int _texts;
    private int _complete;
    private long _steps;
    private long _done;

    private LayerwiseMeasurement(FileSource files, CondensationReportOptions options)
    {
        (_files, _options) = (files, options);
        (_info, _isCausal) = BackboneRegistry.Describe(files);
        _tokenizer = TextTokenizer.Load(files);
    }

    private int States => _info.LayerCount + 1;

    /// <summary>Measures a model.</summary>
    /// <param name="model">Its files.</param>
    /// <param name="texts">Enumerated once.</param>
    /// <param name="options">Checked, and nobody else's.</param>
    internal static CondensationReport Run(ModelSource model, IEnumerable<string?> texts, CondensationReportOptions options)
    {
        if (PeftFiles.AreIn(model.Source))
        {
            throw new ModelFileException(model.Source.Name, "The files hold a low-rank adapter, and layers are read one by one only of a model without one. Save it merged (PretrainedLanguageModel.Save without ModelSaveOptions.Adapter) and measure that, or do not set CondensationReportOptions.LayerByLayer.");
        }

        TorchRuntime.EnsureLoaded();
        return new LayerwiseMeasurement(model.Source, options).Run(model.Name, texts);
    }

    private CondensationReport Run(string name, IEnumerable<string?> texts)
    {
        _options.ValidateFor(_info.ContextLength);
        var sampler = new TextSampler(_tokenizer, _options, Math.Min(_options.MaxTokens, _info.ContextLength));
        IEnumerable<SampledText> sample = sampler.Sample(texts);
        int most = CondensationMeasurement.MostTexts(sample, texts, _options);
        SampledText[] held = [.. sample];
        _texts = held.Length;
        int total = _texts < CondensationMeasurement.LookAhead ? _texts : most;
        _steps = (long)States * (_texts + held.Index().Where(text => CondensationMeasurement.IsSpread(text.Index, total, _options.ConeTexts)).Count());
        _clock.Start();
        using var figures = new CondensationFigures(States, _options);
        for (int next = 0; next < _texts;)
        {
            SampledText[] group = [.. held.Skip(next).Take(TextsThatFit(held.AsSpan(next)))];
            foreach (SampledText text in group)
            {
                figures.Begin(text, total);
            }

            RunLayers(group, (hiddenState, text, state) =>
            {
                figures.AddState(group[text], hiddenState, state);
                _complete += hiddenState == States - 1 ? 1 : 0;
                Report(hiddenState);
            });
            next += group.Length;
        }

        return figures.ToReport(name, BackboneRegistry.CountParameters(_files), sampler.ShortTexts, Cone);
    }

    /// <summary>How many of the first texts have states that fit together; at least one.</summary>
    private int TextsThatFit(ReadOnlySpan<SampledText> texts)
    {
        long bytes = 0;
        int count = 0;
        while (count < texts.Length)
        {
            bytes += (long)texts[count].Ids.Length * Math.Max(_info.HiddenSize, _info.FinalSize) * sizeof(float);
            if (count > 0 && bytes > _options.MaxStateBytes)
            {
                break;
            }

            count++;
        }

        return count;
    }

    private ConeReport Cone(IReadOnlyList<SampledText> texts)
    {
        var layers = new ConeLayers(texts, _tokenizer);
        EachLayer(texts, states => layers.Add(states, _isCausal), Report);
        foreach (int length in _isCausal ? [] : layers.Lengths)
        {
            EachLayer(layers.Cut(length), states => layers.AddCut(length, states), _ => { });
        }

        return layers.ToReport();
    }

    /// <summary>Hands out the states of all texts, layer by layer.</summary>
    private void EachLayer(IReadOnlyList<SampledText> texts, Action<Tensor[]> use, Action<int> report)
    {
        var layer = new Tensor[texts.Count];
        try
        {
            RunLayers(texts, (hiddenState, text, state) =>
            {
                layer[text]?.Dispose();
                layer[text] = state.clone().DetachFromDisposeScope();
                if (text == texts.Count - 1)
                {
                    use(layer);
                }

                report(hiddenState);
            });
        }
        finally
        {
            Array.ForEach(layer, held => held?.Dispose());
        }
    }

    private void RunLayers(IReadOnlyList<SampledText> texts, LayerwiseNetwork.LookAction look)
    {
        using var inside = ExitGate.Enter();
        using var scope = NewDisposeScope();
        BackboneRegistry.RunLayers(_files, [.. texts.Select(text => TokenBatch.Pad([text.Ids], padId: 0).InputIdsTensor(CPU))], (hiddenState, text, state) =>
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            look(hiddenState, text, state);
        });
    }

    private void Report(int hiddenState)
    {
        _done++;
        double share = (double)_done / _steps;
        TimeSpan elapsed = _clock.Elapsed;
        using var outside = ExitGate.Leave();
        _options.Progress?.Report(new CondensationProgress { Texts = _complete, TotalTexts = _texts, HiddenState = hiddenState, Share = share, Elapsed = elapsed, Remaining = elapsed * ((1 - share) / share) });
    }
}
