namespace MLNet.Dispersion.Onnx;

/// <summary>Completes options by what a model is, and refuses those that do not go with it.</summary>
internal static class OnnxPlan
{
    /// <summary>A copy for a language model, with its content, pooling and scaling chosen.</summary>
    /// <exception cref="ArgumentException">An option is outside its range, or does not go with the model.</exception>
    /// <exception cref="NotSupportedException">The model cannot be exported so.</exception>
    internal static OnnxSaveOptions For(PretrainedLanguageModel model, OnnxSaveOptions? options)
    {
        OnnxSaveOptions plan = Checked(options);
        LanguageBackbone backbone = model.Backbone;
        string kind = $"{model.Name} ({backbone.Info.ModelType})";
        bool predicts = backbone.IsCausal && backbone.Architecture?.Spec.Head != HeadKind.None;
        plan.Content ??= model.Head is not null ? OnnxContent.Head : predicts ? OnnxContent.NextTokens : OnnxContent.HiddenStates;
        if (plan.Content == OnnxContent.Embeddings)
        {
            Require(!backbone.IsCausal, plan.Content, $"{kind} is a decoder, whose texts stand behind a token that is no part of them. Take {nameof(OnnxContent.HiddenStates)}, and pool what it gives");
            plan.Normalize ??= plan.Pooling is null ? model.DefaultNormalize : true;
            plan.Pooling ??= model.DefaultPooling;
        }
        else if (plan.Pooling is not null || plan.Normalize is not null)
        {
            throw new ArgumentException($"OnnxSaveOptions.Pooling and Normalize are for {nameof(OnnxContent)}.{nameof(OnnxContent.Embeddings)}; the content of {kind} is {plan.Content}.", nameof(options));
        }

        Require(plan.Content != OnnxContent.Head || model.Head is not null, plan.Content, $"{kind} has no head of a task");
        Require(plan.Content != OnnxContent.NextTokens || predicts, plan.Content, $"{kind} predicts no next tokens");
        if (plan.HasPast)
        {
            RequirePast(backbone, plan, kind);
        }

        return plan;
    }

    /// <summary>A copy for a fine-tuned model, whose content, pooling and scaling are its own.</summary>
    /// <exception cref="ArgumentException">An option is outside its range, or is one of language models.</exception>
    internal static OnnxSaveOptions For(FineTunedModel model, OnnxSaveOptions? options)
    {
        OnnxSaveOptions plan = Checked(options);
        string kind = model.GetType().Name;
        OnnxContent own = model is TextEmbedder ? OnnxContent.Embeddings : OnnxContent.Head;
        Require(plan.Content is null || plan.Content == own, plan.Content, $"a {kind} is written with {own}. FineTunedModel.LanguageModel can be written by itself");
        return plan.HasPast || plan.Pooling is not null || plan.Normalize is not null
            ? throw new ArgumentException($"OnnxSaveOptions.HasPast, Pooling and Normalize are for language models and encoders; a {kind} reads whole texts, in the way that it was trained in.", nameof(options))
            : plan;
    }

    private static OnnxSaveOptions Checked(OnnxSaveOptions? options)
    {
        OnnxSaveOptions plan = options?.Clone() ?? new OnnxSaveOptions();
        plan.Validate();
        return plan;
    }

    private static void RequirePast(LanguageBackbone backbone, OnnxSaveOptions plan, string kind)
    {
        if (plan.Content != OnnxContent.NextTokens)
        {
            throw new ArgumentException($"OnnxSaveOptions.HasPast is true, and the content of {kind} is {plan.Content}: keys and values are kept where next tokens are predicted.");
        }

        if (backbone.Architecture is { Spec: var spec } && Enumerable.Range(0, spec.LayerCount).Select(layer => spec.BlockOf(spec.SharedBlocks?[layer] ?? layer).Attention.Rotary?.Scaling).OfType<LongRopeScaling>().FirstOrDefault() is { } scaling)
        {
            throw new NotSupportedException(FormattableString.Invariant($"{kind} cannot be written as an ONNX file with keys and values of the past: once a text is longer than {scaling.OriginalContextLength} tokens all of them turn by other angles (longrope), and those of the past cannot. Save it with HasPast = false."));
        }
    }

    private static void Require(bool holds, OnnxContent? content, string problem)
    {
        if (!holds)
        {
            throw new ArgumentException($"OnnxSaveOptions.Content is {content}, and {problem}.");
        }
    }
}
