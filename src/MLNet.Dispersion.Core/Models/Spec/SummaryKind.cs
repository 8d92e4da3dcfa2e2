namespace MLNet.Dispersion.Models;

/// <summary>The one vector for each text that classifiers and regressors see.</summary>
public enum SummaryKind
{
    /// <summary>The state of the last real token, which has seen all others.</summary>
    LastToken,

    /// <summary>The state of the first token.</summary>
    FirstToken,

    /// <summary>The state of the first token after a dense layer and a hyperbolic tangent: BERT's pooler.</summary>
    Pooler,
}
