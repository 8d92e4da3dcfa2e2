namespace MLNet.Dispersion.Tool;

/// <summary>Writes models in the format that a path asks for.</summary>
internal abstract class Conversion
{
    /// <summary>The conversion of a target, by its ending.</summary>
    /// <exception cref="ToolException">An option does not fit the format.</exception>
    public static Conversion Of(string target, string? type, OnnxContent? content = null, bool past = false)
    {
        string ending = Path.GetExtension(target).ToUpperInvariant();
        if (ending != ".ONNX" && (content is not null || past))
        {
            throw new ToolException("--content and --past are for .onnx files.");
        }

        return ending switch
        {
            ".ONNX" => new ToOnnx(new OnnxSaveOptions { Content = content, HasPast = past, Type = Named<OnnxWeightType>(type) ?? new OnnxSaveOptions().Type }),
            ".GGUF" => new ToGguf(new GgufSaveOptions { Type = Named<GgufWeightType>(type) ?? new GgufSaveOptions().Type }),
            ".SAFETENSORS" or ".BIN" or ".PT" or ".PTH" or ".ZIP" => throw new ToolException($"'{target}' is called like a file that is not written by itself. Name a .gguf file, an .onnx file, or a folder, which gets model.safetensors with what belongs to it."),
            _ when type is not null => throw new ToolException("--type is for .gguf and .onnx files; a folder in Hugging Face's format holds float32."),
            _ => new ToFolder(),
        };
    }

    /// <summary>Requires that it can be written there, which is asked before work that takes long.</summary>
    /// <exception cref="ToolException">It cannot.</exception>
    public virtual void RequirePlace(string option, string target) => OutputPlace.RequireFile(option, target);

    /// <summary>Writes the model of a fitted transformer, with its head where the format has a place for it.</summary>
    public abstract void Write(TextTransformer transformer, string target);

    /// <summary>Writes a language model.</summary>
    public abstract void WriteModel(PretrainedLanguageModel model, string target);

    /// <summary>The language model of a transformer whose answers are the model's own.</summary>
    private protected static PretrainedLanguageModel ModelOf(TextTransformer transformer) => transformer switch
    {
        LanguageModelTransformer language => language.LanguageModel,
        FineTuneInstructionsWithDispersionTransformer instructed => instructed.LanguageModel,
        _ => throw new ToolException("The zip measures the geometry of embeddings, and holds no model of its own to be written. Name the model that it measures."),
    };

    private static T? Named<T>(string? name)
        where T : struct, Enum => name is null ? null
        : Enum.TryParse(name, ignoreCase: true, out T value) && Enum.IsDefined(value) ? value
        : throw new ToolException($"--type: '{name}' is none of {string.Join(", ", Enum.GetNames<T>())}.");

    private sealed class ToOnnx(OnnxSaveOptions options) : Conversion
    {
        public override void Write(TextTransformer transformer, string target)
        {
            switch (transformer)
            {
                case FineTunedTextTransformer texts:
                    texts.SaveOnnx(target, options);
                    break;
                case FineTuneTokensWithDispersionTransformer words:
                    words.SaveOnnx(target, options);
                    break;
                case FineTuneAnswersWithDispersionTransformer answers:
                    answers.SaveOnnx(target, options);
                    break;
                default:
                    WriteModel(ModelOf(transformer), target);
                    break;
            }
        }

        public override void WriteModel(PretrainedLanguageModel model, string target) => model.SaveOnnx(target, options);
    }

    private sealed class ToGguf(GgufSaveOptions options) : Conversion
    {
        public override void Write(TextTransformer transformer, string target)
        {
            switch (transformer)
            {
                case FineTuneEmbeddingsWithDispersionTransformer:
                    throw new ToolException("A GGUF file does not say how tokens become the vector of a text. Convert the embedder to an .onnx file, or to a folder.");
                case FineTunedTextTransformer or FineTuneTokensWithDispersionTransformer or FineTuneAnswersWithDispersionTransformer:
                    throw NoPlaceForHead();
                default:
                    WriteModel(ModelOf(transformer), target);
                    break;
            }
        }

        public override void WriteModel(PretrainedLanguageModel model, string target)
        {
            if (model.Head is not null)
            {
                throw NoPlaceForHead();
            }

            model.SaveGguf(target, options);
        }

        private static ToolException NoPlaceForHead() => new("A GGUF file has no place for the head of a task. Convert the model to an .onnx file, or to a folder.");
    }

    private sealed class ToFolder : Conversion
    {
        public override void RequirePlace(string option, string target) => OutputPlace.RequireFolder(option, target);

        public override void Write(TextTransformer transformer, string target)
        {
            switch (transformer)
            {
                case FineTunedTextTransformer { HasLexicalFeatures: true }:
                    throw new ToolException("N-grams have a say in the scores of this model, and a folder in Hugging Face's format has no place for them. Fit it without them.");
                case FineTunedTextTransformer texts:
                    texts.Use(model => model.SavePretrained(target, texts.ScoreNames.Count > 0 ? texts.ScoreNames : null));
                    break;
                case FineTuneTokensWithDispersionTransformer words:
                    words.SavePretrained(target);
                    break;
                case FineTuneAnswersWithDispersionTransformer answers:
                    answers.SavePretrained(target);
                    break;
                default:
                    WriteModel(ModelOf(transformer), target);
                    break;
            }
        }

        public override void WriteModel(PretrainedLanguageModel model, string target) => model.Save(target);
    }
}
