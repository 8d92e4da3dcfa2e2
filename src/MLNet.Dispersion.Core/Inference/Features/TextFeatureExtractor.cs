using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Makes feature vectors and likelihoods of texts with a language model.</summary>
/// <remarks>
/// <para>
/// Each text stands behind the token that begins texts (the tokenizer's own, else the beginning- or end-of-sequence token), so that its first token has a probability too; that token is
/// in no pooled vector and in no count. Vectors of a directory of sentence-transformers are made of the text as its tokenizer encodes it, what stands around it included, as in that library; its likelihoods are read apart. <see cref="TextFeatureOptions.SkipFirstToken"/> leaves the text's own first one out too, <see cref="TextFeatureOptions.Mean"/> and <see cref="TextFeatureOptions.Directions"/> what all texts have in common. Null and blank texts have no tokens; an encoder's have those of its frame, such as [CLS] and [SEP], which belong to every text. A text's features do not depend on those beside it, beyond rounding.
/// </para>
/// <para>Thread-safe while the model is in evaluation mode. The model stays its owner's and must live as long. Disposing it frees what <see cref="ScoreWith"/> made, and nothing else.</para>
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory("gpt2"));
/// var extractor = new TextFeatureExtractor(model, new TextFeatureOptions { Pooling = TextPooling.Mean });
/// TextFeatures[] features = extractor.Extract(["A first text.", "A second one."]);
/// Console.WriteLine(features[0].Perplexity);
/// </code>
/// </example>
public sealed class TextFeatureExtractor : IDisposable
{
    private readonly LanguageBackbone _backbone;
    private readonly PretrainedLanguageModel _model;
    private readonly Lazy<SequenceEncoder> _sequences;   // what likelihoods are of; a model of vectors alone need not have a token that begins texts
    private readonly bool _isFramed;                     // whether vectors are of the tokenizer's own frame
    private readonly TextFeatureOptions _options;
    private readonly StateRoute _route;
    private readonly CommonPart _common;

    /// <summary>Creates the extractor.</summary>
    /// <param name="model">The model, with its tokenizer.</param>
    /// <param name="options">What to make; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">An option is outside its range, the query, the mean or a direction has not the model's features, the model has no such layer, or the model names no token that begins or ends a text.</exception>
    /// <exception cref="ModelFileException">The model has no tokenizer, or a damaged one.</exception>
    public TextFeatureExtractor(PretrainedLanguageModel model, TextFeatureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        _options = options?.Clone() ?? new TextFeatureOptions();
        _options.Validate();
        _model = model;
        _backbone = model.Backbone;
        _route = new StateRoute(model);
        _sequences = new(() => new SequenceEncoder(model));
        _isFramed = !_backbone.IsCausal || model.Sentence is not null;
        int room = _backbone.Info.ContextLength - Before(_isFramed);
        _options.MaxTokens ??= model.SentenceMaxTokens;
        MaxTokens = room >= 1 ? Math.Min(_options.MaxTokens ?? room, room) : throw new ArgumentException($"{model.Name} has a context of {_backbone.Info.ContextLength} tokens, which those that begin a text fill.", nameof(model));
        _options.Normalize ??= _options.Pooling is not null || model.DefaultNormalize;
        _options.Pooling ??= model.DefaultPooling;
        _options.Validate();
        CheckLengths();
        _common = new CommonPart(_options.Mean, _options.Directions);
    }

    /// <summary>Gets the options, with what the model's files say where they said nothing; a copy.</summary>
    public TextFeatureOptions Options => _options.Clone();

    /// <summary>Gets the most tokens of a text that are looked at.</summary>
    public int MaxTokens { get; }

    /// <summary>Gets the length of a feature vector (F).</summary>
    public int FeatureCount => InnerLayer is null ? _backbone.Info.FinalSize : _backbone.Info.HiddenSize;

    /// <summary>The hidden state that is pooled; null for the last one, which every pass gives.</summary>
    private int? InnerLayer => _options.Layer == _backbone.Info.LayerCount ? null : _options.Layer;

    /// <summary>Makes features of texts.</summary>
    /// <param name="texts">Any number of texts; null and blank ones have no tokens of their own.</param>
    /// <param name="embeddings">Whether vectors are wanted. Default true.</param>
    /// <param name="likelihoods">Whether likelihoods are wanted, which cost the head's product with every token. Default true. Without both, tokens are counted alone.</param>
    /// <param name="cancellationToken">Checked before each forward pass.</param>
    /// <exception cref="ArgumentException">Likelihoods are wanted of an encoder.</exception>
    /// <exception cref="InvalidOperationException">The model gives NaN or infinity.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TextFeatures[] Extract(IReadOnlyList<string?> texts, bool embeddings = true, bool likelihoods = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (likelihoods)
        {
            _model.RequireCausal("The likelihood of a text");
        }

        if (embeddings && likelihoods && _isFramed)
        {
            // The two read the texts differently.
            TextFeatures[] vectors = Read(texts, embeddings: true, likelihoods: false, framed: true, cancellationToken);
            return [.. Read(texts, embeddings: false, likelihoods: true, framed: false, cancellationToken).Select((text, i) => text with { Embedding = vectors[i].Embedding })];
        }

        return Read(texts, embeddings, likelihoods, framed: _isFramed && !likelihoods, cancellationToken);
    }

    /// <summary>Makes an extractor that takes out what texts have in common: the mean of their pooled vectors, before these are scaled, and if asked for the directions in which they differ most from it.</summary>
    /// <param name="texts">Texts as they are expected, at least one that is not blank; some hundred do. They are read with the options of this extractor, whose own mean and directions are not taken out.</param>
    /// <param name="directions">How many directions, from 0, the default; fewer than the texts that are not blank, and than features. Of many models one to three hold what a text says least (Mu and Viswanath 2018).</param>
    /// <param name="cancellationToken">Checked before each forward pass.</param>
    /// <returns>Another extractor of the same model, with <see cref="TextFeatureOptions.Mean"/> and <see cref="TextFeatureOptions.Directions"/> set, which computes by torch.</returns>
    /// <exception cref="ArgumentException">No text has tokens.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are too few texts or features for so many directions.</exception>
    /// <exception cref="InvalidOperationException">The model gives NaN or infinity.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TextFeatureExtractor Center(IReadOnlyList<string?> texts, int directions = 0, CancellationToken cancellationToken = default)
    {
        TextFeatureOptions plain = Options;
        (plain.Mean, plain.Directions, plain.Normalize) = (null, null, false);
        using var reader = new TextFeatureExtractor(_model, plain);
        float[][] read = [.. reader.Extract(texts, likelihoods: false, cancellationToken: cancellationToken).Where(text => text.TokenCount > 0).Select(text => text.Embedding!)];
        if (read.Length == 0)
        {
            throw new ArgumentException("No text has tokens, so there is no common mean of features. Pass texts that are not blank.", nameof(texts));
        }

        int most = Math.Min(read.Length, FeatureCount) - 1;
        if (directions < 0 || directions > most)
        {
            throw new ArgumentOutOfRangeException(nameof(directions), directions, FormattableString.Invariant($"directions is {directions}; it must be from 0 to {most}, one fewer than the {read.Length} texts with tokens and the {FeatureCount} features."));
        }

        var common = CommonPart.Of(read, directions);
        TextFeatureOptions centered = Options;
        (centered.Mean, centered.Directions) = (common.Mean, common.Directions);
        return new TextFeatureExtractor(_model, centered);
    }

    /// <summary>Chooses what computes the final states. At first torch does. Likelihoods are made of these states by torch, and an earlier hidden state (<see cref="TextFeatureOptions.Layer"/>) is torch's, too.</summary>
    /// <remarks>The engine takes a copy of the model's weights as they are now. May be called at any time, from any thread; batches that are read later follow it.</remarks>
    /// <param name="engine">The engine; null for torch again, which frees the engine's copy.</param>
    /// <exception cref="NotSupportedException">The engine cannot compute this model; the message names what it lacks, and all goes on as before.</exception>
    public void ScoreWith(IScoringEngine? engine) => _route.Choose(engine);

    /// <inheritdoc/>
    public void Dispose() => _route.Dispose();

    private void CheckLengths()
    {
        if (_options.Layer > _backbone.Info.LayerCount)
        {
            throw new ArgumentException($"TextFeatureOptions.Layer is {_options.Layer}; {_model.Name} has the hidden states 0 to {_backbone.Info.LayerCount}.", "options");
        }

        if (_options.Mean is { Count: var length } && length != FeatureCount)
        {
            throw new ArgumentException($"TextFeatureOptions.Mean has {length} features; a vector of {_model.Name} has {FeatureCount}. Take what TextFeatureExtractor.Center learns with this model.", "options");
        }

        if (_options.Directions?.FirstOrDefault(direction => direction.Count != FeatureCount) is { Count: var odd })
        {
            throw new ArgumentException($"One of TextFeatureOptions.Directions has {odd} features; a vector of {_model.Name} has {FeatureCount}. Take what TextFeatureExtractor.Center learns with this model.", "options");
        }

        if (_options.AttentionQuery is { Count: var count } && count != FeatureCount)
        {
            throw new ArgumentException($"TextFeatureOptions.AttentionQuery has {count} features; a vector of {_model.Name} has {FeatureCount}. Take the query of a model that was fine-tuned from it.", "options");
        }
    }

    private Tensor? Query() => _options.AttentionQuery is { } query ? tensor([.. query], device: _route.Device) : null;

    /// <param name="texts">The texts.</param>
    /// <param name="embeddings">Whether vectors are wanted.</param>
    /// <param name="likelihoods">Whether likelihoods are wanted.</param>
    /// <param name="framed">Whether texts stand in the tokenizer's own frame, not behind the token that begins them.</param>
    /// <param name="cancellationToken">Checked before each forward pass.</param>
    private TextFeatures[] Read(IReadOnlyList<string?> texts, bool embeddings, bool likelihoods, bool framed, CancellationToken cancellationToken)
    {
        int before = Before(framed);
        (int[][] sequences, bool[] truncated) = Encode(texts, framed);
        var vectors = embeddings ? new float[texts.Count][] : null;
        var scores = likelihoods ? new SequenceScore[texts.Count] : null;
        int[] real = [.. Enumerable.Range(0, texts.Count).Where(text => sequences[text].Length > before)];
        if (embeddings || likelihoods)
        {
            using var evaluation = new EvaluationMode(_backbone);
            foreach (int[] pass in ForwardPass.Sweep([.. real.Select(text => sequences[text].Length)]))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Run([.. pass.Select(index => real[index])], sequences, before, vectors, scores);
            }
        }

        return [.. sequences.Select((sequence, text) => new TextFeatures
        {
            Embedding = vectors is null ? null : vectors[text] ?? new float[FeatureCount],
            TokenCount = sequence.Length - before,
            Truncated = truncated[text],
            LogLikelihood = scores?[text].LogLikelihood,
        })];
    }

    /// <summary>How many tokens stand in front of a text's own.</summary>
    private int Before(bool framed) => framed ? 0 : _sequences.Value.BeginLength;

    private (int[][] Sequences, bool[] Truncated) Encode(IReadOnlyList<string?> texts, bool framed)
    {
        if (framed)
        {
            // A tokenizer's own frame, such as [CLS] and [SEP] of an encoder, belongs to the text.
            EncodedText[] encoded = [.. texts.Select(text => _model.Tokenizer.Encode(string.IsNullOrWhiteSpace(text) ? string.Empty : text, MaxTokens))];
            return ([.. encoded.Select(text => text.Ids)], [.. encoded.Select(text => text.Truncated)]);
        }

        int most = Math.Min(Before(framed) + MaxTokens, _backbone.Info.ContextLength);
        int[][] whole = [.. texts.Select(text => _sequences.Value.Text(string.IsNullOrWhiteSpace(text) ? string.Empty : text).Ids)];
        return ([.. whole.Select(ids => ids.Length > most ? ids[..most] : ids)], [.. whole.Select(ids => ids.Length > most)]);
    }

    private void Run(int[] texts, int[][] sequences, int before, float[][]? vectors, SequenceScore[]? scores)
    {
        using var inside = ExitGate.Enter();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var batch = TokenBatch.Pad([.. texts.Select(text => sequences[text])], padId: 0);
        Tensor states, pooled;
        if (vectors is not null && InnerLayer is { } layer)
        {
            (states, pooled) = _route.Read(batch, layer);
        }
        else
        {
            states = pooled = _route.Read(batch);
        }

        if (vectors is not null)
        {
            Pool(pooled, batch, texts, before, vectors);
        }

        if (scores is not null)
        {
            var targets = texts.SelectMany((text, row) => Enumerable.Range(before, sequences[text].Length - before).Select(at =>
                new ScoredTarget(((long)row * batch.Columns) + at - 1, sequences[text][at], text)));
            new TargetScorer(_backbone).Add(states.flatten(0, 1), targets, scores);
        }
    }

    private void Pool(Tensor states, TokenBatch batch, int[] texts, int before, float[][] vectors)
    {
        using var pooler = new TextPooler(_options.Pooling!.Value, Query());
        Tensor pooled = pooler.Summary(_backbone, states, batch.Lengths, before + (_options.SkipFirstToken ? 1 : 0));
        float[] values = pooled.cpu().data<float>().ToArray();
        for (int row = 0; row < texts.Length; row++)
        {
            vectors[texts[row]] = Finished(values.AsSpan(row * FeatureCount, FeatureCount));
        }
    }

    private float[] Finished(ReadOnlySpan<float> pooled)
    {
        float[] vector = pooled.ToArray();
        _common.TakeOut(vector);
        double squares = vector.Sum(value => (double)value * value);
        if (!double.IsFinite(squares))
        {
            throw new InvalidOperationException("The model's hidden states hold NaN or infinity, so no features can be made of them. Check its weights: training may have diverged.");
        }

        if (_options.Normalize == true && squares > 0)
        {
            double length = Math.Sqrt(squares);
            for (int i = 0; i < vector.Length; i++)
            {
                vector[i] = (float)(vector[i] / length);
            }
        }

        return vector;
    }
}
