namespace MLNet.Dispersion;

/// <summary>How instructions become training rows, and what of them is learnt.</summary>
/// <remarks>Not thread-safe while it is edited.</remarks>
public sealed class InstructionOptions : IOptions
{
    /// <summary>Gets or sets whether of a prompt with its completion the completion alone is learnt. Default true.</summary>
    public bool CompletionOnly { get; set; } = true;

    /// <summary>
    /// Gets or sets whether of messages the assistant's turns alone are learnt, with the mark that ends each: those that the chat template marks by <c>{% generation %}</c> blocks, else those by which the text grows with each such turn.
    /// Default true.
    /// </summary>
    public bool AssistantOnly { get; set; } = true;

    /// <summary>Gets or sets whether instructions share rows. Default <see cref="InstructionPacking.None"/>.</summary>
    public InstructionPacking Packing { get; set; }

    /// <summary>Gets or sets whether of instructions that are too long the end is kept instead of the beginning. Default false. Without packing alone.</summary>
    public bool KeepEnd { get; set; }

    /// <summary>Gets or sets whether each token's loss is multiplied by the probability that the model gives it, through which no gradient goes: dynamic fine-tuning (Wu et al. 2025, arXiv 2508.05629). Default false.</summary>
    public bool DynamicLoss { get; set; }

    /// <summary>Gets or sets the text of a chat template that takes the place of the model's own, or the name of one of its own; null (default) for that which it has.</summary>
    public string? ChatTemplate { get; set; }

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public InstructionOptions Clone() => (InstructionOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(InstructionOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.Defined(Packing);
        require.That(!KeepEnd || Packing == InstructionPacking.None, KeepEnd, "false where Packing is set, which keeps beginnings or pieces");
    }
}
