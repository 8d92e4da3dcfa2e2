using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.QuestionAnswering;

/// <summary>A question about a context.</summary>
public sealed class QuestionRow
{
    public string? Context { get; set; } = "";

    public string? Question { get; set; } = "";

    public string? TrainingAnswer { get; set; } = "";

    public int AnswerIndex { get; set; }

    public float Weight { get; set; } = 1;

    internal static List<QuestionRow> Rows(int count, int seed = 1, int withoutAnswer = 3) =>
    [
        .. AskedSentences.Make(count, seed, withoutAnswer).Select(row => new QuestionRow { Context = row.Context, Question = row.Question, TrainingAnswer = row.Answer.Text ?? "", AnswerIndex = row.Answer.Start }),
    ];
}

/// <summary>What a question answerer adds.</summary>
public sealed class AnswerRow
{
    public string[] Answer { get; set; } = [];

    public float[] Score { get; set; } = [];

    [ColumnName("Answer.Start")]
    public int[] Start { get; set; } = [];

    [ColumnName("Answer.End")]
    public int[] End { get; set; } = [];

    [ColumnName("Answer.NoAnswer")]
    public float NoAnswer { get; set; }

    /// <summary>The best answers as one text.</summary>
    internal string Said => string.Join('|', Answer) + string.Join('|', Start) + string.Join('|', End);
}
