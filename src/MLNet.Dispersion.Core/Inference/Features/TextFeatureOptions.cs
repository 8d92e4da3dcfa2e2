namespace MLNet.Dispersion;

/// <summary>What is made of texts by a <see cref="TextFeatureExtractor"/>.</summary>
/// <remarks>Not thread-safe while it is edited; the extractor takes a copy.</remarks>
public sealed class TextFeatureOptions : IOptions
{
    /// <summary>Gets or sets how hidden states become one vector. Default null: as the files of a sentence-transformers directory say (modules.json), else <see cref="TextPooling.Mean"/>.</summary>
    public TextPooling? Pooling { get; set; }

    /// <summary>
    /// Gets or sets the query of <see cref="TextPooling.Attention"/>, <c>[F]</c>, finite: that of a model that was fine-tuned with it (<see cref="FineTunedTextModel.AttentionQuery"/>).
    /// Default null; of no use to other poolings.
    /// </summary>
    public IReadOnlyList<float>? AttentionQuery { get; set; }

    /// <summary>
    /// Gets or sets whether vectors are scaled to the Euclidean length 1. The vector of a text without tokens stays zero.
    /// Default null: where <see cref="Pooling"/> is null too and the model comes from a sentence-transformers directory, as modules.json says; else true.
    /// </summary>
    public bool? Normalize { get; set; }

    /// <summary>Gets or sets the most tokens of a text that are looked at, the rest is cut off; never more than the model's context holds behind the token that begins texts. Default null: what a sentence-transformers directory says (max_seq_length, else its tokenizer's model_max_length), else as many as that. At least 1.</summary>
    public int? MaxTokens { get; set; }

    /// <summary>
    /// Gets or sets whether a text's first token is left out of the pooling: in many causal models attention drains into it, its state is a hundred times as long as the others' and the same whatever the text. Default false.
    /// The token that begins texts is left out in any case. A text of one token keeps it. Not for <see cref="TextPooling.FirstToken"/> and <see cref="TextPooling.Family"/>.
    /// </summary>
    public bool SkipFirstToken { get; set; }

    /// <summary>
    /// Gets or sets what is subtracted from each pooled vector before it is scaled, <c>[F]</c>, finite: the common mean of many texts' vectors, in which condensed models say the same of every text
    /// (<see cref="TextFeatureExtractor.Center"/> learns it). Default null: nothing. The vector of a text without tokens stays zero.
    /// </summary>
    public IReadOnlyList<float>? Mean { get; set; }

    /// <summary>
    /// Gets or sets what is taken out of each vector after <see cref="Mean"/> and before it is scaled, <c>[K, F]</c>, finite, each of length 1 and at right angles to the others: the directions in which vectors of many texts
    /// differ most, whatever they say (<see cref="TextFeatureExtractor.Center"/> learns them). Default null: none.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<float>>? Directions { get; set; }

    /// <summary>
    /// Gets or sets which hidden state is pooled: 0 the embeddings, i what block i gives, the model's number of blocks what the final norm gives. Default null: that last one, which is made to predict the next token; in some
    /// models an earlier one says more of a text. At least 0. Not for <see cref="TextPooling.Family"/>, whose layer stands behind the last.
    /// </summary>
    public int? Layer { get; set; }

    /// <summary>A copy, which later edits do not reach.</summary>
    public TextFeatureOptions Clone()
    {
        var copy = (TextFeatureOptions)MemberwiseClone();
        copy.AttentionQuery = AttentionQuery is null ? null : [.. AttentionQuery];
        copy.Mean = Mean is null ? null : [.. Mean];
        copy.Directions = Directions is null ? null : [.. Directions.Select(direction => (float[])[.. direction])];
        return copy;
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(TextFeatureOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.Defined(Pooling ?? TextPooling.Mean, name: nameof(Pooling));
        string query = AttentionQuery is null ? "null" : "set";
        require.That((Pooling == TextPooling.Attention) == AttentionQuery is not null, query, "set where Pooling is Attention, whose query training gives, and null otherwise", nameof(AttentionQuery));
        require.That(AttentionQuery?.All(float.IsFinite) ?? true, "not finite", "of finite numbers", nameof(AttentionQuery));
        require.That(!SkipFirstToken || Pooling is not (TextPooling.FirstToken or TextPooling.Family), SkipFirstToken, "false where Pooling is FirstToken or Family, which read that token");
        require.That(Mean?.All(float.IsFinite) ?? true, "not finite", "of finite numbers", nameof(Mean));
        require.That(Directions?.All(direction => direction is not null && direction.All(float.IsFinite)) ?? true, "not finite", "of finite numbers", nameof(Directions));
        require.AtLeast(Layer, 0, ", or null for the last");
        require.That(Layer is null || Pooling != TextPooling.Family, Layer, "null where Pooling is Family, which reads the last hidden state");
        require.AtLeast(MaxTokens, 1, ", or null for as many as the model's context holds");
    }
}
