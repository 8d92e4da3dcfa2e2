namespace MLNet.Dispersion;

/// <summary>A language model with what is made of texts by it. Owns the model; allows concurrent calls.</summary>
internal sealed class LanguageModelScorer : IDisposable
{
    private readonly TextGenerationOptions _generation;

    /// <param name="model">The model, in evaluation mode; owned from then on, unless this throws.</param>
    /// <param name="options">The checked options, nobody else's; those of features get what the model's files say where they said nothing.</param>
    /// <param name="columns">What is asked for.</param>
    /// <exception cref="ArgumentException">The model names no token that begins or ends texts, is an encoder asked for likelihoods or continuations, or its context has no room for what is asked.</exception>
    internal LanguageModelScorer(PretrainedLanguageModel model, LanguageModelOptions options, LanguageModelColumns columns)
    {
        if (!model.Backbone.IsCausal && (columns.NameOf(LanguageModelOutput.LogLikelihood) ?? columns.NameOf(LanguageModelOutput.Perplexity)) is { } name)
        {
            throw new ArgumentException($"{model.Name} ({model.Backbone.Info.ModelType}) is an encoder and has no likelihoods for column '{name}': set LogLikelihoodColumnName and PerplexityColumnName to null for embeddings alone, or take a causal model.");
        }

        Model = model;
        _generation = options.Generation;
        Extractor = new TextFeatureExtractor(model, options.Features);
        options.Features = Extractor.Options;
        if (columns.NameOf(LanguageModelOutput.Continuation) is not null)
        {
            // Says now what would otherwise be said at the first row.
            _ = model.GenerateStreaming("a", _generation);
        }
    }

    internal PretrainedLanguageModel Model { get; }

    internal TextFeatureExtractor Extractor { get; private set; }

    /// <summary>Learns the common mean of features, and directions, before the first row is scored.</summary>
    /// <param name="texts">Of which.</param>
    /// <param name="options">Say how many directions, and get what was learnt.</param>
    /// <param name="cancel">Checked before each forward pass.</param>
    internal void Center(IReadOnlyList<string> texts, LanguageModelOptions options, CancellationToken cancel)
    {
        TextFeatureExtractor plain = Extractor;
        Extractor = plain.Center(texts, options.CenteringDirections, cancel);
        plain.Dispose();
        options.Features = Extractor.Options;
        (options.CenterFeatures, options.CenteringDirections) = (false, 0);
    }

    /// <summary>What the model writes behind texts; nothing behind blank ones.</summary>
    internal string[] Continue(IReadOnlyList<string?> texts, Action afterToken, CancellationToken cancel)
    {
        int[] written = [.. Enumerable.Range(0, texts.Count).Where(text => !string.IsNullOrWhiteSpace(texts[text]))];
        var found = Model.Generate([.. written.Select(text => texts[text])], _generation, new Step(afterToken), cancel);
        var continuations = new string[texts.Count];
        Array.Fill(continuations, "");
        for (int i = 0; i < written.Length; i++)
        {
            continuations[written[i]] = found[i].Text;
        }

        return continuations;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Extractor.Dispose();
        Model.Dispose();
    }

    private sealed class Step(Action after) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => after();
    }
}
