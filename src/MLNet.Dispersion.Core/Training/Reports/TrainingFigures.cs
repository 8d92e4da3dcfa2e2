namespace MLNet.Dispersion;

/// <summary>Names of figures that objectives report beside their loss (<see cref="TrainingProgress.Figures"/>); an objective may have others.</summary>
public static class TrainingFigures
{
    /// <summary>The share of targets that were predicted rightly, 0..1.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>The figure that a function of the caller's gives of held-out rows, by which the best weights are chosen.</summary>
    public const string OwnMetric = "own metric";

    /// <summary>T² KL(teacher || student), nats, at least 0.</summary>
    public const string Distillation = "distillation";

    /// <summary>1 - cosine between hidden states and the teacher's, averaged over layers, 0..2.</summary>
    public const string HiddenStateDistillation = "hidden state distillation";

    /// <summary>beta log(p / p_ref) of the better answers of preference pairs, summed over their tokens.</summary>
    public const string ChosenReward = "chosen reward";

    /// <summary>beta log(p / p_ref) of the worse answers.</summary>
    public const string RejectedReward = "rejected reward";
}
