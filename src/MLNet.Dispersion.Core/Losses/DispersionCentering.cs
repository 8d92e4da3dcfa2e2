namespace MLNet.Dispersion;

/// <summary>What is taken away from hidden states before the dispersion loss looks at them.</summary>
public enum DispersionCentering
{
    /// <summary>Nothing (the paper's): the loss also acts on a direction that all tokens share.</summary>
    None,

    /// <summary>The mean token of each sequence, through which gradients pass too: the loss acts on what the tokens of one text differ in.</summary>
    Sequence,

    /// <summary>A mean over the tokens of all batches so far, a constant in the gradient: the loss acts on what is left beside the model's constant offsets.</summary>
    Running,
}
