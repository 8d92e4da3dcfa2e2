using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Instructions;

/// <summary>A prompt with its completion: an animal is answered by a colour, the same each time.</summary>
public sealed class InstructionRow
{
    private static readonly (string Animal, string Colour)[] Known = [("cat", "red"), ("dog", "blue"), ("horse", "green")];

    public string Prompt { get; set; } = "";

    public string Completion { get; set; } = "";

    public string Other { get; set; } = "";

    public float Weight { get; set; } = 1;

    internal static List<InstructionRow> Rows(int count) => [.. Enumerable.Range(0, count).Select(i => Known[i % Known.Length]).Select((pair, i) => new InstructionRow
    {
        Prompt = pair.Animal,
        Completion = " " + pair.Colour,
        Other = " " + Known[(i + 1) % Known.Length].Colour,
    })];

    internal string Json() => System.Text.Json.JsonSerializer.Serialize(new { messages = new object[] { new { role = "user", content = Prompt }, new { role = "assistant", content = Completion } } });
}

/// <summary>The same as messages.</summary>
public sealed class MessagesRow
{
    [VectorType]
    public string[] Roles { get; set; } = [];

    [VectorType]
    public string[] Contents { get; set; } = [];
}

/// <summary>A prompt alone.</summary>
public sealed class PromptRow
{
    public string Prompt { get; set; } = "";
}

/// <summary>A row as JSON.</summary>
public sealed class JsonRow
{
    public string Json { get; set; } = "";
}

/// <summary>What a model that answers adds.</summary>
public sealed class AnswerRow
{
    public string Answer { get; set; } = "";

    public float LogLikelihood { get; set; }

    public int TokenCount { get; set; }

    public int RightTokenCount { get; set; }
}
