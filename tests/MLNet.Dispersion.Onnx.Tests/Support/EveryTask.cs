using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests;

/// <summary>Rows with the columns of every task, and the ONNX file of whatever is fitted to them.</summary>
internal static class EveryTask
{
    internal static IDataView Rows(MLContext ml, int count)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(count);
        var tagged = TaggedSentences.Make(count);
        var asked = AskedSentences.Make(count);
        IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new Row
        {
            Text = texts[i],
            SecondText = texts[^(i + 1)],
            Class = $"class {labels[i]}",
            Number = labels[i],
            Yes = labels[i] == 0,
            Many = [labels[i] == 0, labels[i] != 2],
            Group = $"group {i / 3}",
            Words = tagged[i].Words,
            Tags = tagged[i].Tags,
            Question = asked[i].Question,
            Context = asked[i].Context,
            TrainingAnswer = asked[i].Answer.Text!,
            AnswerIndex = asked[i].Answer.Start,
            Prompt = texts[i],
            Completion = $" {labels[i]}",
        }));
        return ml.Transforms.Conversion.MapValueToKey("Class").Fit(rows).Transform(rows);
    }

    /// <summary>Writes the model as the library does.</summary>
    /// <returns>False where it has nothing of its own to compute.</returns>
    internal static bool SaveOnnx(ITransformer model, string path)
    {
        switch (model)
        {
            case FineTunedTextTransformer texts:
                texts.SaveOnnx(path);
                return true;
            case FineTuneTokensWithDispersionTransformer words:
                words.SaveOnnx(path);
                return true;
            case FineTuneAnswersWithDispersionTransformer answers:
                answers.SaveOnnx(path);
                return true;
            case LanguageModelTransformer language:
                language.LanguageModel.SaveOnnx(path);
                return true;
            case FineTuneInstructionsWithDispersionTransformer instructed:
                instructed.LanguageModel.SaveOnnx(path);
                return true;
            default:
                return false;
        }
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public string SecondText { get; set; } = "";

        public string Class { get; set; } = "";

        public float Number { get; set; }

        public bool Yes { get; set; }

        [VectorType(2)]
        public bool[] Many { get; set; } = [];

        public string Group { get; set; } = "";

        public string[] Words { get; set; } = [];

        public string[] Tags { get; set; } = [];

        public string Question { get; set; } = "";

        public string Context { get; set; } = "";

        public string TrainingAnswer { get; set; } = "";

        public int AnswerIndex { get; set; }

        public string Prompt { get; set; } = "";

        public string Completion { get; set; } = "";
    }
}
