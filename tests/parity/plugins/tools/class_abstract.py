from abc import ABC, abstractmethod


class Tools(ABC):
    @abstractmethod
    def f(self): ...
