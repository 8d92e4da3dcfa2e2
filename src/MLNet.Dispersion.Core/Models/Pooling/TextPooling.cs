namespace MLNet.Dispersion;

/// <summary>How the final hidden states of a text's tokens become one vector. Pads take part in none of these, on whichever side they stand.</summary>
public enum TextPooling
{
    /// <summary>Their mean: every token counts the same, those that a tokenizer puts around a text, such as <c>[CLS]</c>, included.</summary>
    Mean,

    /// <summary>The state of the last token, which in a decoder has seen the whole text.</summary>
    LastToken,

    /// <summary>The state of the first token, in BERT's family that of <c>[CLS]</c>; behind no further layer.</summary>
    FirstToken,

    /// <summary>In each feature the largest value of any token.</summary>
    Max,

    /// <summary>Their sum over the square root of their number, so that longer texts give longer vectors.</summary>
    MeanSqrtLength,

    /// <summary>Their mean with the weights 1, 2, 3, … from the first token to the last, as sentence-transformers' <c>weightedmean</c> has it.</summary>
    WeightedMean,

    /// <summary>Their mean with the weights softmax(h · q / sqrt(F)) of a query q that is trained with the head, from 0 on, where it is the plain mean.</summary>
    Attention,

    /// <summary>What the model's family does: the last token for decoders, for encoders the first one, behind BERT's pooler (a layer with a hyperbolic tangent) where the files have it.</summary>
    Family,
}
