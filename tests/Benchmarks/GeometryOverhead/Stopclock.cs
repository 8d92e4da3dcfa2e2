using System.Diagnostics;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.GeometryOverhead;

/// <summary>Times the forward passes alone and the whole measurement on the same texts, in turn.</summary>
internal sealed class Stopclock(PretrainedLanguageModel model, string[] texts)
{
    private const int MaxTokens = 512;
    private readonly int[][] _sequences = [.. texts.Select(text => model.Tokenizer.Encode(text, MaxTokens).Ids)];

    /// <summary>Seconds of the forward passes, one text each, all hidden states kept as measuring needs them.</summary>
    public double Forward()
    {
        var watch = Stopwatch.StartNew();
        using var noGrad = no_grad();
        foreach (int[] ids in _sequences)
        {
            using var scope = NewDisposeScope();
            model.Backbone.Forward(tensor([.. ids.Select(id => (long)id)], 1, ids.Length), null, HiddenStateSelection.All);
        }

        return watch.Elapsed.TotalSeconds;
    }

    /// <summary>Seconds of a whole report, tokenizer and forward passes included.</summary>
    public double Report(int spectrumTexts, bool histograms)
    {
        var watch = Stopwatch.StartNew();
        CondensationReport.Measure(model, texts, new CondensationReportOptions { SpectrumTexts = spectrumTexts, Histograms = histograms, MaxTexts = texts.Length });
        return watch.Elapsed.TotalSeconds;
    }
}
