using System.CommandLine;
using System.Text;
using MLNet.Dispersion.Examples.Tokens;
using Spectre.Console;

var text = new Argument<string?>("text") { Description = "The text. Without one it is read from standard input.", Arity = ArgumentArity.ZeroOrOne };
var model = new Option<string>("--model") { Description = "A model's directory, its tokenizer.json, or a GGUF file.", Required = true };
var pair = new Option<string?>("--pair") { Description = "A second text, as for models that read two." };
var chat = new Option<bool>("--chat") { Description = "Read the text as what a user says, and render it by the model's chat template first." };
var bare = new Option<bool>("--bare") { Description = "Put no special tokens around the text." };
var asText = new Option<bool>("--specials-as-text") { Description = "Read special tokens that stand in the text as text." };
var maxTokens = new Option<int?>("--max-tokens") { Description = "Cut the text to as many tokens." };
var root = new RootCommand("Shows how a model's tokenizer cuts a text: pieces, ids, places, special and unknown tokens, what is cut off, and whether the text comes back.") { text, model, pair, chat, bare, asText, maxTokens };
root.SetAction(arguments =>
{
    try
    {
        Console.OutputEncoding = Encoding.UTF8;
        FileSource source = TokenizerPlace.Open(arguments.GetValue(model)!);
        var tokenizer = (PipelineTokenizer)TextTokenizer.Load(source);
        string whole = arguments.GetValue(text) ?? Console.In.ReadToEnd();
        bool isChat = arguments.GetValue(chat);
        if (isChat)
        {
            // The template writes the special tokens itself.
            whole = ChatTemplate.Load(source).Render([new ChatMessage("user", whole)], new() { AddGenerationPrompt = true }).Text;
        }

        Output.Write(
            new CutText(tokenizer, whole, arguments.GetValue(pair), new TextEncodingOptions
            {
                AddSpecialTokens = !isChat && !arguments.GetValue(bare),
                SpecialTokensAsText = arguments.GetValue(asText),
                Truncation = arguments.GetValue(maxTokens) is { } most ? new TextTruncation { MaxLength = most } : null,
                ReturnOverflowing = true,
            }),
            tokenizer);
        return 0;
    }
    catch (Exception e) when (e is UserException or ModelFileException or TokenizationException or TextPatternException or ChatTemplateException or IOException or UnauthorizedAccessException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{e.Message}[/]");
        return 1;
    }
});
return root.Parse(args).Invoke();
