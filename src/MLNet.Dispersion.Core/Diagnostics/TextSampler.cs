namespace MLNet.Dispersion;

/// <summary>Draws the texts to measure from a stream of any length; holds no more than the sample.</summary>
internal sealed class TextSampler
{
    private readonly TextTokenizer _tokenizer;
    private readonly CondensationReportOptions _options;
    private readonly int _maxTokens;

    /// <summary>Creates the sampler.</summary>
    /// <param name="tokenizer">Makes tokens of texts.</param>
    /// <param name="options">Checked options.</param>
    /// <param name="maxTokens">The options' limit and the model's, whichever is lower.</param>
    public TextSampler(TextTokenizer tokenizer, CondensationReportOptions options, int maxTokens)
    {
        _tokenizer = tokenizer;
        _options = options;
        _maxTokens = maxTokens;
    }

    /// <summary>Texts read so far that have too few tokens.</summary>
    public int ShortTexts { get; private set; }

    /// <summary>The sample, in the order of the texts: a list when a seed was given, else read as it is asked for.</summary>
    /// <param name="texts">Enumerated once.</param>
    public IEnumerable<SampledText> Sample(IEnumerable<string?> texts) =>
        _options.SampleSeed is { } seed ? Reservoir(LongEnough(texts), seed) : LongEnough(texts).Take(_options.MaxTexts);

    private IEnumerable<SampledText> LongEnough(IEnumerable<string?> texts)
    {
        long index = 0;
        foreach (string? text in texts)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            var encoded = _tokenizer.Encode(text, _maxTokens);
            if (encoded.Ids.Length >= _options.MinTokens)
            {
                yield return new SampledText(index, encoded.Ids, encoded.Truncated);
            }
            else
            {
                ShortTexts++;
            }

            index++;
        }
    }

    /// <summary>After k texts each of them is held with probability size / k.</summary>
    private List<SampledText> Reservoir(IEnumerable<SampledText> texts, int seed)
    {
        var random = new Random(seed);
        var held = new List<SampledText>();
        long seen = 0;
        foreach (SampledText text in texts)
        {
            seen++;
            if (held.Count < _options.MaxTexts)
            {
                held.Add(text);
            }
            else if (random.NextInt64(seen) is var place && place < held.Count)
            {
                held[(int)place] = text;
            }
        }

        return [.. held.OrderBy(text => text.Index)];
    }
}
