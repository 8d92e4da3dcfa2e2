using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using MLNet.Dispersion.Text;

namespace MLNet.Dispersion.Tool;

/// <summary>Lets a model write.</summary>
internal sealed class GenerateVerb : IVerb
{
    private readonly Argument<string?> _model = new("model") { Description = $"The model. {ModelPlace.Description} Default: tiny-english.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _prompt = Options.Text("--prompt", "What to write behind. Default: what is read from standard input.", "-p");
    private readonly Option<bool> _chat = new("--chat") { Description = "The prompt is a question, put in the form of the model's chat template." };
    private readonly Option<string?> _system = Options.Text("--system", "With --chat, what the model is told first.");
    private readonly Option<int?> _tokens = Options.Count("--max-new-tokens", "The most tokens to write. Default: as the model's generation_config.json says, else 64.");
    private readonly Option<double?> _temperature = Options.Number("--temperature", "0 for the likeliest tokens. Default: as the model says.");
    private readonly Option<int?> _topK = Options.Count("--top-k", "Draw from so many tokens.");
    private readonly Option<double?> _topP = Options.Number("--top-p", "Draw from the likeliest tokens of so much probability.");
    private readonly Option<string[]> _stop = new("--stop") { Description = "End where this text is written; may be given several times." };
    private readonly Option<int?> _seed = Options.Count("--seed", "The seed. Default 1.");
    private readonly Option<string?> _device = Options.Text("--device", "auto, cpu, cuda, cuda:1 or mps. Default auto.");

    /// <inheritdoc/>
    public Command Describe() => new("generate", "Lets a language model write on behind a text, as it is written.") { _model, _prompt, _chat, _system, _tokens, _temperature, _topK, _topP, _stop, _seed, _device };

    /// <inheritdoc/>
    public void Run(CommandContext context)
    {
        string prompt = context.Get(_prompt) ?? context.Console.In.ReadToEnd();
        var options = new TextGenerationOptions
        {
            MaxNewTokens = context.Get(_tokens),
            Temperature = context.Get(_temperature),
            TopK = context.Get(_topK),
            TopP = context.Get(_topP),
            StopSequences = context.Get(_stop) ?? [],
            Seed = context.Get(_seed) ?? 1,
        };
        options.Validate();
        using PretrainedLanguageModel model = ModelPlace.Load(context, context.Get(_model), context.Get(_device));
        var written = new StringBuilder();
        foreach (string piece in Stream(context, model, prompt, options))
        {
            written.Append(piece);
            if (!context.IsJson)
            {
                context.Console.Out.Write(piece);
                context.Console.Out.Flush();
            }
        }

        context.Write(() => new JsonObject { ["prompt"] = prompt, ["text"] = written.ToString() }, () => "");
    }

    private IEnumerable<string> Stream(CommandContext context, PretrainedLanguageModel model, string prompt, TextGenerationOptions options)
    {
        if (!context.Get(_chat))
        {
            return model.GenerateStreaming(prompt, options, cancellationToken: context.Cancellation);
        }

        List<ChatMessage> messages = context.Get(_system) is { } system ? [new("system", system)] : [];
        messages.Add(new("user", prompt));
        return model.ChatStreaming(messages, options, cancellationToken: context.Cancellation);
    }
}
