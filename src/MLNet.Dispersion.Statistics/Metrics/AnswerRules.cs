namespace MLNet.Dispersion.Statistics;

/// <summary>Which script of the Stanford Question Answering Dataset answers are scored by.</summary>
public enum AnswerRules
{
    /// <summary>Version 1.1: every question has an answer; two answers without a word in common score 0, even if both are empty.</summary>
    Squad1,

    /// <summary>Version 2.0: a question may have no answer, and then the empty answer is the right one.</summary>
    Squad2,
}
