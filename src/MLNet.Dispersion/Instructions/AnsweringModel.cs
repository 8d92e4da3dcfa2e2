namespace MLNet.Dispersion;

/// <summary>A language model with what it answers and how. Owns the model; allows concurrent calls.</summary>
/// <param name="model">The model, in evaluation mode; owned.</param>
/// <param name="columns">Where instructions are.</param>
/// <param name="instructions">What of them counts.</param>
/// <param name="generation">How answers are written.</param>
/// <param name="asChat">Whether prompts are messages.</param>
/// <param name="maxTokens">The most tokens of an instruction; null for the model's context.</param>
internal sealed class AnsweringModel(PretrainedLanguageModel model, InstructionColumns columns, InstructionOptions instructions, TextGenerationOptions generation, bool asChat, int? maxTokens) : IDisposable
{
    internal PretrainedLanguageModel Model => model;

    internal InstructionOptions Instructions => instructions;

    internal TextGenerationOptions Generation => generation;

    internal bool AsChat => asChat;

    internal int? MaxTokens => maxTokens;

    /// <summary>Whether prompts in a column are messages where the options leave it open: where there is a chat template.</summary>
    internal static bool IsChat(PretrainedLanguageModel model, bool? asChat, string? template) =>
        asChat ?? (template is not null || model.Tokenizer is PipelineTokenizer { ChatTemplate.Names.Count: > 0 });

    /// <summary>Reads rows.</summary>
    internal Instruction[] Read(RowTexts texts, long firstRow) => [.. texts.First.Select((first, i) => columns.Read(first, texts.Second?[i], firstRow + i, asChat))];

    /// <summary>What the model says of the answers that rows have; nothing of rows that have none.</summary>
    internal AnswerScore[] Score(Instruction[] rows)
    {
        int[] answered = [.. Enumerable.Range(0, rows.Length).Where(row => rows[row].HasAnswer)];
        var scores = new AnswerScore[rows.Length];
        if (answered.Length > 0)
        {
            IReadOnlyList<AnswerScore> found = InstructionTrainer.Score(model, [.. answered.Select(row => rows[row])], instructions, maxTokens);
            foreach ((int i, int row) in answered.Index())
            {
                scores[row] = found[i];
            }
        }

        return scores;
    }

    /// <summary>What the model answers.</summary>
    internal IReadOnlyList<string> Answer(Instruction[] rows, Action afterToken, CancellationToken cancel) => InstructionTrainer.Answer(model, rows, instructions, generation, new Step(afterToken), cancel);

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();

    private sealed class Step(Action after) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => after();
    }
}
