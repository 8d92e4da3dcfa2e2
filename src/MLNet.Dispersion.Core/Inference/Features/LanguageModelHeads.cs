using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Asks the head that came with a model's files (<see cref="PretrainedLanguageModel.Head"/>): a Hugging Face classifier of texts or tokens, of answers' spans, or of masked tokens.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory("toxicity"));   // problem_type: multi_label_classification
/// TextHeadOutputs outputs = model.AskHead(["You are a fool."])[0];
/// foreach (var (label, logit) in model.Head!.Labels.Zip(outputs.Logits))
/// {
///     Console.WriteLine($"{label}: {1 / (1 + Math.Exp(-logit)):P0}");
/// }
/// </code>
/// </example>
public static class LanguageModelHeads
{
    /// <summary>Computes the head's logits of texts, or of pairs of texts, in one length-sorted sweep, in evaluation mode and without gradients.</summary>
    /// <param name="model">The model.</param>
    /// <param name="texts">Any number of texts, or the first ones of pairs; null and blank ones count as empty.</param>
    /// <param name="secondTexts">The second texts of pairs, such as the passages of questions; null (default) for single texts.</param>
    /// <param name="maxTokens">The most tokens of a text, or of a pair; null (default) for as many as the model's context holds. At least 1.</param>
    /// <param name="cancellationToken">Checked before each forward pass.</param>
    /// <returns>One record a text, in their order.</returns>
    /// <exception cref="ArgumentException">There is no head, or not one second text for each first.</exception>
    /// <exception cref="ModelFileException">There is no tokenizer, or a damaged one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <remarks>Thread-safe while the model is in evaluation mode.</remarks>
    public static IReadOnlyList<TextHeadOutputs> AskHead(
        this PretrainedLanguageModel model,
        IReadOnlyList<string?> texts,
        IReadOnlyList<string?>? secondTexts = null,
        int? maxTokens = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens ?? 1, 1, nameof(maxTokens));
        PretrainedHead head = model.Head ?? throw new ArgumentException($"The files of {model.Name} hold no head of a task. Take those of a classifier, or fine-tune the model.", nameof(model));
        if (secondTexts is not null && secondTexts.Count != texts.Count)
        {
            throw new ArgumentException($"There are {texts.Count} texts and {secondTexts.Count} second ones; each text needs one.", nameof(secondTexts));
        }

        var encoder = new TextEncoder(model, maxTokens, secondTexts is not null);
        EncodedTexts[] encoded = [.. texts.Select((text, i) => encoder.Encode([text], secondTexts is null ? null : [secondTexts[i]]))];
        var outputs = new TextHeadOutputs[texts.Count];
        var pass = new ForwardPass(model.Backbone, model.Device);
        using var inside = ExitGate.Enter();
        using var noGradient = no_grad();
        using var evaluation = new EvaluationMode(model.Backbone);
        foreach (int[] rows in ForwardPass.Sweep([.. encoded.Select(text => text.Sequences[0].Length)]))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var batch = TokenBatch.Pad([.. rows.Select(row => encoded[row].Sequences[0])], padId: 0, secondTexts is null ? null : [.. rows.Select(row => encoded[row].SecondStarts![0])]);
            PassOutput read = pass.Read(batch, HiddenStateSelection.None);
            Tensor logits = head.Outputs(read.States.LastHiddenState, read.InputIds, batch.AttentionMaskTensor(model.Device)).cpu();
            for (int i = 0; i < rows.Length; i++)
            {
                int[] ids = encoded[rows[i]].Sequences[0];
                Tensor own = head.Task == HeadTask.Sequence ? logits[i] : logits[i].narrow(0, 0, ids.Length);
                outputs[rows[i]] = new TextHeadOutputs { Logits = own.contiguous().data<float>().ToArray(), TokenIds = ids, Truncated = encoded[rows[i]].Truncated > 0 };
            }
        }

        return outputs;
    }
}
