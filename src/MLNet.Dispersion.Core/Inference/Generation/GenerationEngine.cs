namespace MLNet.Dispersion;

/// <summary>What computes a token that is written behind others. Prompts are read by torch in any case.</summary>
public enum GenerationEngine
{
    /// <summary>The library's own decoder where it can, else torch; <see cref="GeneratedText.TorchReason"/> says why (default).</summary>
    Auto,

    /// <summary>The library's own decoder, which multiplies matrices by few vectors faster than torch on many processors; an error where it cannot: on a graphics card, with a backbone that no spec describes, or with a few kinds of adapters.</summary>
    Managed,

    /// <summary>Torch.</summary>
    Torch,
}
