namespace MLNet.Dispersion;

/// <summary>The rule by which weights follow their gradients, under the names of PyTorch and Hugging Face's trainer (in brackets).</summary>
public enum OptimizerKind
{
    /// <summary>AdamW, the published recipe's (<c>adamw_torch</c>).</summary>
    AdamW,

    /// <summary>Stochastic gradient descent, with <see cref="OptimizerOptions.Momentum"/> or without it (<c>sgd</c>).</summary>
    Sgd,

    /// <summary>RMSprop with alpha 0.99 and epsilon 1e-8 (<c>rmsprop</c>).</summary>
    RmsProp,

    /// <summary>Adagrad with epsilon 1e-10 (<c>adagrad</c>).</summary>
    Adagrad,

    /// <summary>Adafactor at the schedule's rate, without scaling by the weights' size: of matrices it keeps a row and a column of moments instead of two matrices (<c>adafactor</c>).</summary>
    Adafactor,
}
