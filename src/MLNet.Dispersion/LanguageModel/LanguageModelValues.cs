using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>What a language model makes of texts, as columns: computed for those columns alone that are read.</summary>
internal sealed class LanguageModelValues(IHost host, SharedModel<LanguageModelScorer> scorer, LanguageModelColumns columns) : AddedValues
{
    private readonly HashSet<LanguageModelOutput> _wanted = [];
    private string?[] _texts = [];
    private long _firstRow;
    private TextFeatures[] _features = [];
    private string[]? _continuations;

    private bool WantsEmbeddings => _wanted.Contains(LanguageModelOutput.Features);

    private bool WantsLikelihoods => _wanted.Contains(LanguageModelOutput.LogLikelihood) || _wanted.Contains(LanguageModelOutput.Perplexity);

    internal override int Fill(RowTexts texts, long firstRow)
    {
        _texts = [.. texts.First];
        _firstRow = firstRow;
        _continuations = null;
        _features = [];
        return _wanted.Any(output => output != LanguageModelOutput.Continuation) ? Extract() : 0;
    }

    internal override Delegate Getter(int offset, Func<int> current)
    {
        LanguageModelOutput output = columns.Added[offset].Output;
        _wanted.Add(output);
        return output switch
        {
            LanguageModelOutput.Features => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Vectors.Copy<float>(Of(current()).Embedding, ref value)),
            LanguageModelOutput.TokenCount => (ValueGetter<int>)((ref int value) => value = Of(current()).TokenCount),
            LanguageModelOutput.LogLikelihood => (ValueGetter<float>)((ref float value) => value = (float)Of(current()).LogLikelihood!.Value),
            LanguageModelOutput.Perplexity => (ValueGetter<float>)((ref float value) => value = (float)Of(current()).Perplexity!.Value),
            _ => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = ContinuationOf(current()).AsMemory()),
        };
    }

    // A getter may be asked for when its row's text has been looked at already, without what it gives.
    private TextFeatures Of(int text)
    {
        bool lacking = _features.Length == 0 || (WantsEmbeddings && _features[text].Embedding is null) || (WantsLikelihoods && _features[text].LogLikelihood is null);
        if (lacking)
        {
            Extract();
        }

        return _features[text];
    }

    private string ContinuationOf(int text) => (_continuations ??= Told(Continue))[text];

    private int Extract() => Told(() =>
    {
        _features = scorer.Use(model => model.Extractor.Extract(_texts, WantsEmbeddings, WantsLikelihoods));
        return _features.Count(features => features.Truncated);
    });

    private string[] Continue()
    {
        using var cancellation = new FitCancellation(host, CancellationToken.None);
        try
        {
            return scorer.Use(model => model.Continue(_texts, cancellation.Poll, cancellation.Token));
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfRequested();
            throw;
        }
    }

    private T Told<T>(Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException and not ObjectDisposedException)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"The language model failed on column '{columns.Text}' in the rows from {_firstRow} to {_firstRow + _texts.Length - 1}. {e.Message}"), e);
        }
    }
}
