namespace MLNet.Dispersion;

/// <summary>What the numbers that a head gives for a text mean: the <c>problem_type</c> of a config.json.</summary>
public enum ProblemType
{
    /// <summary>Logits of classes, of which each text has one: <c>single_label_classification</c>.</summary>
    SingleLabel,

    /// <summary>Logits of labels, of which each text has any number: <c>multi_label_classification</c>. The sigmoid of each is its label's probability.</summary>
    MultiLabel,

    /// <summary>The values themselves: <c>regression</c>.</summary>
    Regression,
}
