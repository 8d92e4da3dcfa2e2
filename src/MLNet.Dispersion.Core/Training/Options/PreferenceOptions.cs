namespace MLNet.Dispersion;

/// <summary>How a model learns from preference pairs.</summary>
/// <remarks>
/// The reference policy is the model as it is when training begins, unless another one is named: the base under a fresh adapter, a frozen copy of an adapter that was there, or a copy of the whole model.
/// What it says of the answers is computed once, before the first step, so that no second model is in memory while the first is trained. Not thread-safe while it is edited.
/// </remarks>
public sealed class PreferenceOptions : IOptions
{
    /// <summary>Gets or sets the losses that are added up. Default: <see cref="PreferenceLoss.Sigmoid"/> alone. At least one.</summary>
    public IReadOnlyList<PreferenceTerm> Terms { get; set; } = [new PreferenceTerm(PreferenceLoss.Sigmoid)];

    /// <summary>Gets or sets how strongly the model is held to the reference. Default 0.1 (Rafailov et al. 2023). Above 0.</summary>
    public double Beta { get; set; } = 0.1;

    /// <summary>Gets or sets the share of pairs that are taken to be the wrong way round; <see cref="PreferenceLoss.Robust"/> alone reads it. Default 0. At least 0 and below 0.5.</summary>
    public double LabelSmoothing { get; set; }

    /// <summary>Gets or sets another reference policy, of the same vocabulary, on any device; it stays the caller's and is read before the first step alone. Default null: the model as it is when training begins.</summary>
    public PretrainedLanguageModel? Reference { get; set; }

    /// <summary>Gets or sets the text of a chat template that takes the place of the model's own, or the name of one of its own; null (default) for that which it has.</summary>
    public string? ChatTemplate { get; set; }

    /// <summary>A copy, so that later edits of one do not reach the other; the reference is the same.</summary>
    public PreferenceOptions Clone()
    {
        var copy = (PreferenceOptions)MemberwiseClone();
        copy.Terms = [.. Terms];
        return copy;
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(PreferenceOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.Positive(Beta);
        require.That(LabelSmoothing is >= 0 and < 0.5, LabelSmoothing, "at least 0 and below 0.5");
        require.That(Terms is { Count: > 0 }, Terms?.Count ?? 0, "a list of at least one loss", nameof(Terms));
        foreach (PreferenceTerm term in Terms!)
        {
            require.Defined(term.Loss, name: nameof(Terms));
            require.Positive(term.Weight, nameof(Terms));
        }

        require.That(LabelSmoothing == 0 || Terms.Any(term => term.Loss == PreferenceLoss.Robust), LabelSmoothing, "0 where no loss is Robust, which alone reads it");
    }
}
